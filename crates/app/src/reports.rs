//! Reports: what was settled, what a member had and got, a pool's month.

mod daily;
mod member;
mod month;

use paydirt_books::Pool;

use crate::error::AppError;

pub use daily::daily;
pub use member::{MemberRequest, member};
pub use month::month;

/// A pool that the books have.
fn in_books(pool: Option<Pool>, name: &str) -> Result<Pool, AppError> {
    pool.ok_or_else(|| {
        AppError::usage(
            format!("the books have nothing of pool {name} yet"),
            "import its orders, or record income, first",
        )
    })
}
