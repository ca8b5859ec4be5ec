//! Members, orders and opening balances from files: all of it or nothing.

mod compare;
mod members;
mod opening;
mod orders;
mod timeline;
mod transfer;

pub use members::{AddressCheck, MembersImport, import_members};
pub use opening::{
    Opened, OpenedBucket, OpeningBucket, OpeningImport, import_opening, plan_opening,
};
pub use orders::{OrdersImport, import_orders};
pub use transfer::{Transferred, transfer_order};

/// Rows that are told of one by one; more are only counted.
pub const ROWS_TOLD: usize = 1_000;

/// What a file did, or would do in a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows of what was not there.
    pub new: u64,
    /// Rows that change something.
    pub changed: u64,
    /// Rows that say what is there.
    pub unchanged: u64,
    /// Ids that were imported once, and are not in this file: they stay as they are.
    pub absent: Vec<String>,
    /// The first [`ROWS_TOLD`] rows that are new or change something.
    pub rows: Vec<RowChange>,
}

/// What a row does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// The row in the file.
    pub row: u64,
    /// The order or member.
    pub id: String,
    /// Whether it was not there.
    pub is_new: bool,
    /// What changes.
    pub fields: Vec<FieldChange>,
    /// From when on it counts, and why not earlier.
    pub note: Option<String>,
}

/// A value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Its column.
    pub field: &'static str,
    /// Before; empty: there was none.
    pub before: String,
    /// After; empty: there is none.
    pub after: String,
}

impl Imported {
    fn tell(&mut self, change: RowChange) {
        let count = match change.is_new {
            true => &mut self.new,
            false => &mut self.changed,
        };
        *count = count.saturating_add(1);
        if self.rows.len() < ROWS_TOLD {
            self.rows.push(change);
        }
    }
}
