//! What changed members' accounts, one by one: entries that name a member, and the lines of
//! settlements, releases and transfers behind the sums of those that don't.
//!
//! Lines are never changed, so all of it is computed from them: what was free at once of a line,
//! what of it each release gave, and to whom. A member's history takes a few look-ups a settlement;
//! a month of all members reads each line once that was earned, vests or was released since its
//! first day. A correction's entries name its members.

mod accounts;
mod history;
mod month;
mod parts;
mod posted;
mod timeline;
mod withdrawn;

pub use accounts::AccountMoved;
pub use history::{
    Changed, CoefficientFrom, EarnedOf, LegOf, MemberChange, MemberHistory, ReleasedOf,
};
pub use month::{MemberMonth, MonthOfMembers};
pub use parts::Parts;
pub use posted::{Posted, PostedEntry};
pub use withdrawn::WithdrawnRow;
