//! What a pool's configuration says about its withdrawals.

use paydirt_ledger::PoolId;
use paydirt_money::Coin;
use paydirt_schedule::ZoneHistory;

use crate::policy::Policy;

/// A pool's terms.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The pool.
    pub pool: PoolId,
    /// Its coin.
    pub coin: Coin,
    /// The zone of its days: caps count by them.
    pub zones: ZoneHistory,
    /// What it allows; where it has no policy, the key to set.
    pub policy: Result<Policy, NoPolicy>,
    /// The pool's own addresses, canonical: nothing is withdrawn to them.
    pub own: Vec<String>,
}

/// Why a pool has no policy. Then it denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPolicy {
    /// What is missing.
    pub what: String,
    /// The key to set.
    pub cure: String,
}
