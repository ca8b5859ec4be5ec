//! What is bound to a statement: the three kinds of column that the books have.

use paydirt_schedule::Timestamp;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, Error};

/// A value, or nothing of its kind: a NULL has a kind too on PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// BIGINT.
    Integer(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BLOB, BYTEA.
    Bytes(Option<Vec<u8>>),
}

/// One column of many rows, for PostgreSQL.
pub(super) enum Column {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// An empty one of this value's kind.
    pub(super) fn like(value: &Value) -> Self {
        match value {
            Value::Integer(_) => Self::Integers(Vec::new()),
            Value::Text(_) => Self::Texts(Vec::new()),
            Value::Bytes(_) => Self::Bytes(Vec::new()),
        }
    }

    pub(super) fn push(&mut self, value: Value) -> Result<(), Error> {
        match (self, value) {
            (Self::Integers(column), Value::Integer(value)) => column.push(value),
            (Self::Texts(column), Value::Text(value)) => column.push(value),
            (Self::Bytes(column), Value::Bytes(value)) => column.push(value),
            (_, value) => {
                let why = format!("{value:?} in a column of another kind");
                return Err(Error::Encode(why.into()));
            }
        }
        Ok(())
    }

    pub(super) fn add_to(self, arguments: &mut PgArguments) -> Result<(), Error> {
        match self {
            Self::Integers(column) => arguments.add(column),
            Self::Texts(column) => arguments.add(column),
            Self::Bytes(column) => arguments.add(column),
        }
        .map_err(Error::Encode)
    }
}

impl Value {
    pub(super) fn add_to_sqlite(self, arguments: &mut SqliteArguments) -> Result<(), Error> {
        match self {
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
        }
        .map_err(Error::Encode)
    }

    pub(super) fn add_to_postgres(self, arguments: &mut PgArguments) -> Result<(), Error> {
        match self {
            Self::Integer(value) => arguments.add(value),
            Self::Text(value) => arguments.add(value),
            Self::Bytes(value) => arguments.add(value),
        }
        .map_err(Error::Encode)
    }
}

macro_rules! from {
    ($($type:ty => $kind:ident, $convert:expr;)*) => {
        $(
            impl From<$type> for Value {
                fn from(value: $type) -> Self {
                    Self::$kind(Some($convert(value)))
                }
            }

            impl From<Option<$type>> for Value {
                fn from(value: Option<$type>) -> Self {
                    Self::$kind(value.map($convert))
                }
            }
        )*
    };
}

from! {
    i64 => Integer, std::convert::identity;
    i32 => Integer, i64::from;
    u32 => Integer, i64::from;
    u8 => Integer, i64::from;
    bool => Integer, i64::from;
    Timestamp => Integer, Timestamp::as_ms;
    String => Text, std::convert::identity;
    &str => Text, str::to_owned;
    &String => Text, String::clone;
    Vec<u8> => Bytes, std::convert::identity;
    &[u8] => Bytes, <[u8]>::to_vec;
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&Option<Vec<u8>>> for Value {
    fn from(value: &Option<Vec<u8>>) -> Self {
        Self::Bytes(value.clone())
    }
}
