//! A member asks to be paid.

use paydirt_ledger::MemberId;
use paydirt_money::Amount;
use paydirt_withdrawals::{Asked, Request};

use super::{WithdrawalShown, canonical, shown, terms_of};
use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;

/// What is asked for, as it was typed.
#[derive(Clone, Debug)]
pub struct RequestAsked {
    /// The pool.
    pub pool: String,
    /// The member's code.
    pub member: String,
    /// How much, as `12.5 FIL` or `12.5`; `None`, which closes the balance: all of it.
    pub amount: Option<String>,
    /// Where to.
    pub to: String,
    /// The key under which it may be repeated.
    pub key: Option<String>,
    /// Whether it closes the balance.
    pub closes: bool,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Requested {
    /// The withdrawal.
    pub shown: WithdrawalShown,
    /// Whether the same was asked for under this key before.
    pub repeated: bool,
}

/// Asks for a withdrawal, and sets its amount aside.
///
/// # Errors
/// `Withdrawal` with the rule that it breaks; `Usage`, `Money` for what can't be read; the books'.
pub async fn request(settings: &Settings, asked: &RequestAsked) -> Result<Requested, AppError> {
    let of = OfPool::open(settings, &asked.pool).await?;
    let amount = asked.amount.as_deref();
    let amount = amount.map(|text| Amount::parse(text, of.terms.coin));
    let (amount, member) = (amount.transpose()?, MemberId::new(&*asked.member));
    let to = canonical(settings, &asked.pool, &asked.to)?;
    let (mut session, pool) = of.begin().await?;
    let mut locked = session.lock_pool(&of.terms.id).await?;
    let terms = terms_of(&mut session, settings, &of).await?;
    let request = Request {
        member: &member,
        amount,
        to: &to,
        closes: asked.closes,
        key: asked.key.as_deref(),
        by: &operator(),
        now: of.now,
    };
    let done = paydirt_withdrawals::request(&mut session, &mut locked, &terms, &request).await?;
    let repeated = matches!(done, Asked::Before(_));
    match repeated {
        true => session.end().await?,
        false => session.commit().await?,
    }
    Ok(Requested {
        shown: shown(&pool, done.withdrawal().clone()),
        repeated,
    })
}
