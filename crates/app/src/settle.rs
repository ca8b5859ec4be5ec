//! Settles the days of pools, and tells how far they are.

mod correct;
mod days;
mod show;
mod standing;
mod verify;

pub use correct::{CorrectRequest, Corrected, correct};
pub use days::{DayDone, DayState, Figures, SettleReport, SettleRequest, settle};
pub(crate) use days::{StreamRun, settle_stream};
pub use show::{LineShown, SettlementShown, Sum, show};
pub use standing::{LeftBehind, Standing, left_behind, standings};
pub use verify::{Verified, verify};
