//! What a control total is of.

use std::fmt;

use paydirt_sheets::openings::{Bucket, Held, OpeningRow};

/// A bucket that is controlled by itself: what is to be transferred by stream, all else over all
/// streams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpeningBucket {
    /// What may be withdrawn.
    Available,
    /// What was asked for, and not got.
    Frozen,
    /// What is not released.
    Vesting,
    /// What this stream has collected.
    ToTransfer(String),
    /// What was paid.
    Paid,
    /// What members owe.
    Receivable,
}

impl OpeningBucket {
    /// Those that are over all streams: each needs its control total.
    pub const OF_MEMBERS: [Self; 5] = [
        Self::Available,
        Self::Frozen,
        Self::Vesting,
        Self::Paid,
        Self::Receivable,
    ];

    /// The one that a row counts in.
    #[must_use]
    pub fn of_row(row: &OpeningRow) -> Self {
        match &row.held {
            Held::Available => Self::Available,
            Held::Frozen => Self::Frozen,
            Held::Vesting(_) => Self::Vesting,
            Held::ToTransfer(stream) => Self::ToTransfer(stream.to_string()),
            Held::Paid => Self::Paid,
            Held::Receivable => Self::Receivable,
        }
    }

    /// The one of this name: `available`, `to_transfer:STREAM`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (name, stream) = match name.split_once(':') {
            Some((name, stream)) => (name, Some(stream).filter(|it| !it.is_empty())),
            None => (name, None),
        };
        match (Bucket::of_name(name)?, stream) {
            (Bucket::ToTransfer, Some(stream)) => Some(Self::ToTransfer(stream.to_owned())),
            (Bucket::Available, None) => Some(Self::Available),
            (Bucket::Frozen, None) => Some(Self::Frozen),
            (Bucket::Vesting, None) => Some(Self::Vesting),
            (Bucket::Paid, None) => Some(Self::Paid),
            (Bucket::Receivable, None) => Some(Self::Receivable),
            _ => None,
        }
    }

    /// As files name it.
    #[must_use]
    pub const fn kind(&self) -> Bucket {
        match self {
            Self::Available => Bucket::Available,
            Self::Frozen => Bucket::Frozen,
            Self::Vesting => Bucket::Vesting,
            Self::ToTransfer(_) => Bucket::ToTransfer,
            Self::Paid => Bucket::Paid,
            Self::Receivable => Bucket::Receivable,
        }
    }

    /// Its stream, if it is of one.
    #[must_use]
    pub fn stream(&self) -> Option<&str> {
        match self {
            Self::ToTransfer(stream) => Some(stream),
            _ => None,
        }
    }
}

impl fmt::Display for OpeningBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.stream() {
            Some(stream) => write!(f, "{}:{stream}", self.kind()),
            None => write!(f, "{}", self.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_no_other() {
        let mut names = vec!["to_transfer:spacerace".to_owned()];
        let alone = Bucket::ALL.map(Bucket::name).into_iter();
        names.extend(alone.filter(|it| *it != "to_transfer").map(str::to_owned));
        for name in names {
            assert_eq!(OpeningBucket::of_name(&name).unwrap().to_string(), name);
        }
        for bad in [
            "",
            "to_transfer",
            "to_transfer:",
            "paid:mainnet",
            "Paid",
            "total",
        ] {
            assert_eq!(OpeningBucket::of_name(bad), None, "{bad}");
        }
    }
}
