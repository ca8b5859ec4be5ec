//! How much is read at most.

/// How much is read at most: what is above is refused before it costs time or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Data rows, without the header.
    pub rows: u64,
    /// Bytes of the file as it is stored.
    pub bytes: u64,
    /// Bytes of all parts of an XLSX file when unpacked.
    pub unpacked_bytes: u64,
    /// Bytes of one cell.
    pub cell_bytes: u16,
    /// Columns.
    pub columns: u16,
    /// Problems that are listed; more are counted.
    pub problems: usize,
}

impl Default for Limits {
    /// 2 million rows, 512 MiB, 1 GiB unpacked, 1000 bytes a cell, 64 columns, 100 problems listed.
    fn default() -> Limits {
        Limits {
            rows: 2_000_000,
            bytes: 512 << 20,
            unpacked_bytes: 1 << 30,
            cell_bytes: 1000,
            columns: 64,
            problems: 100,
        }
    }
}
