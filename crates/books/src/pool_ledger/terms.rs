//! What a pool's configuration says of paying.

use paydirt_money::{Amount, Coin};

/// Who of a pool in the books is paid. Approved withdrawals always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidBy {
    /// Every balance above the minimum too, whole.
    Threshold,
    /// Who asks, and nobody else.
    Request {
        /// Most of withdrawals that is held in a day of the pool; `None`: nothing is.
        daily_cap: Option<Amount>,
    },
}

impl PaidBy {
    /// Most of withdrawals that is held in a day; `None`: no limit.
    pub(super) fn daily_cap(self, coin: Coin) -> Option<Amount> {
        match self {
            Self::Threshold => None,
            Self::Request { daily_cap } => Some(daily_cap.unwrap_or_else(|| Amount::zero(coin))),
        }
    }
}
