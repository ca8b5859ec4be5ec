//! What a pool's configuration says of paying.

use paydirt_money::Amount;

/// Who of a pool in the books is paid. Approved withdrawals always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidBy {
    /// Every balance above the minimum too, whole.
    Threshold,
    /// Who asks, and nobody else.
    Request {
        /// Most of withdrawals that is held in a day of the pool; `None`: no limit.
        daily_cap: Option<Amount>,
    },
}

impl PaidBy {
    /// Most of withdrawals that is held in a day.
    pub(super) fn daily_cap(self) -> Option<Amount> {
        match self {
            Self::Threshold => None,
            Self::Request { daily_cap } => daily_cap,
        }
    }
}
