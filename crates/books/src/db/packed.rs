//! Rows by the million. On SQLite one costs more on its way to us than it does to be found, so
//! thousands come in one, as JSON.

use serde::de::DeserializeOwned;
use sqlx::Error;

use super::query::{Query, Row};
use super::{Connection, Value};

/// Rows that come in one: more are not faster.
const PACK: usize = 4_096;

/// Rows of numbers and texts in ascending order of a number that each has another of.
pub(crate) struct InOrder {
    /// The statement's columns, by name.
    pub(crate) columns: &'static str,
    /// `SELECT … WHERE … AND number > $n ORDER BY number`, `$n` being its last parameter.
    pub(crate) sql: &'static str,
}

impl InOrder {
    /// Hands each row on, which says its number.
    pub(crate) async fn for_each<T: Row + DeserializeOwned, E: From<Error>>(
        &self,
        connection: &mut Connection,
        values: Vec<Value>,
        mut each: impl FnMut(T) -> Result<i64, E> + Send,
    ) -> Result<(), E> {
        let query = |sql: String, after: i64| {
            let mut values = values.clone();
            values.push(after.into());
            Query::assembled(sql, values, true)
        };
        let mut after = i64::MIN;
        if matches!(connection, Connection::Postgres(_)) {
            let rows = query(self.sql.to_owned(), after);
            return rows.for_each(connection, |row| each(row).map(drop)).await;
        }
        let (columns, sql) = (self.columns, self.sql);
        let packed =
            format!("SELECT json_group_array(json_array({columns})) FROM ({sql} LIMIT {PACK})");
        loop {
            let asked = query(packed.clone(), after);
            let (text,): (String,) = asked.fetch_one(connection).await?;
            let rows: Vec<T> =
                serde_json::from_str(&text).map_err(|error| Error::Decode(error.into()))?;
            let is_last = rows.len() < PACK;
            for row in rows {
                let number = each(row)?;
                if number <= after {
                    let why = format!("row {number} after row {after}");
                    return Err(Error::Decode(why.into()).into());
                }
                after = number;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
