//! The day: what came in, shared, posted, and vesting.
//!
//! - [`settle`]: one day of one stream, or all that are due, in order. A day settles once its
//!   income is final; until then it waits, and says why. It is posted in one transaction: whole or
//!   not at all, whoever is killed when.
//! - [`release`]: what vested on a day. It waits for no income; where a day is settled first, both
//!   are one transaction, and each balance is written once.
//! - [`plan_correction`]: a settled day with something overridden; [`post_correction`] posts the
//!   differences as its next revision.
//! - [`close_month`]: a month that is settled takes no postings any more.
//! - [`verify`]: computes settled days again from what they keep.
//! - [`Explainer`]: where a line's figures come from.
//! - [`income`]: what came in, recorded or observed, and classified.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )
)]

mod catch_up;
mod close;
mod compute;
mod correct;
mod error;
mod explain;
mod import;
pub mod income;
mod release;
mod settle;
mod statistics;
mod terms;
mod verify;

pub use catch_up::{Progress, Run, Settled, Span, What, catch_up};
pub use close::close_month;
pub use correct::{
    CORRECT, Change, Correction, MemberChange, OrderChange, OrderOverride, Overrides,
    plan_correction, post_correction,
};
pub use error::SettlementError;
pub use explain::{Explained, Explainer};
pub use import::{
    AddressCheck, FieldChange, Imported, MembersImport, Opened, OpenedBucket, OpeningBucket,
    OpeningImport, OrdersImport, ROWS_TOLD, RowChange, Transferred, import_members, import_opening,
    import_orders, plan_opening, transfer_order,
};
pub use release::{JOB as RELEASE_JOB, Released, release};
pub use settle::{DayOf, JOB, Outcome, Summary, next_day, settle};
pub use statistics::complete_statistics;
pub use terms::{
    Credit, Due, Losses, PoolTerms, PowerFallback, Source, StreamTerms, VestingTerms, Whole,
};
pub use verify::{Checked, verify};

/// A statement over all orders of a day may take so long, and so may the work between two.
const LONG: std::time::Duration = std::time::Duration::from_secs(600);
