//! Computes settled days again.

use paydirt_schedule::Day;
use paydirt_settlement::Checked;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::known;
use crate::terms::terms_of;
use crate::wire::{Scope, open_existing};

/// What was computed again of a pool, and is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The pool.
    pub pool: String,
    /// How much it was.
    pub checked: Checked,
}

/// Computes the settled days of pools again, all or from one to another; `progress` hears of the
/// pool and the day before each settlement.
///
/// # Errors
/// `Usage`; `Settlement` with the first difference; the books'.
pub async fn verify(
    settings: &Settings,
    scope: &Scope,
    days: (Option<Day>, Option<Day>),
    mut progress: impl FnMut(&str, Day) + Send,
) -> Result<Vec<Verified>, AppError> {
    let pools = terms_of(settings, scope)?;
    let books = open_existing(settings).await?;
    let from = days.0.unwrap_or(Day::FIRST);
    let to = days.1.unwrap_or(Day::LAST);
    let mut all = Vec::new();
    for terms in pools {
        let name = terms.id.to_string();
        let mut session = books.look().await?;
        let mut checked = Checked::default();
        if let Some(pool) = known(&mut session, &terms).await? {
            let each = |settlement: &paydirt_books::Settlement| progress(&name, settlement.day);
            checked = paydirt_settlement::verify(&mut session, &pool, from, to, each).await?;
        }
        session.end().await?;
        all.push(Verified {
            pool: name,
            checked,
        });
    }
    Ok(all)
}
