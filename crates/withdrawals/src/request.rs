//! A member asks to be paid.

use paydirt_books::{
    BodyHash, LockedPool, Member, NewWithdrawal, Session, Withdrawal, request_hash,
};
use paydirt_ledger::MemberId;
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;
use serde_json::json;

use crate::policy::{self, Approval};
use crate::{Terms, WithdrawalError, address};

/// Who approves what no person has to.
const POLICY: &str = "policy";
/// Longest key of a request, characters.
const KEY_MAX: usize = 200;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Whose it is.
    pub member: &'a MemberId,
    /// How much; `None`, which closes the balance: all of it.
    pub amount: Option<Amount>,
    /// Where to, in the canonical text of the pool's chain.
    pub to: &'a str,
    /// Whether it closes the balance.
    pub closes: bool,
    /// The key under which it may be repeated.
    pub key: Option<&'a str>,
    /// Who asks.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Asked {
    /// It is new, and its amount is set aside.
    New(Withdrawal),
    /// The same was asked for under this key before; this is what became of it.
    Before(Withdrawal),
}

impl Asked {
    /// The withdrawal.
    #[must_use]
    pub const fn withdrawal(&self) -> &Withdrawal {
        match self {
            Self::New(withdrawal) | Self::Before(withdrawal) => withdrawal,
        }
    }
}

/// Writes a request and its audit line, and sets its amount aside. The caller commits.
///
/// # Errors
/// `Refused` with the rule that it breaks and the cure; the books'.
pub async fn request(
    session: &mut Session,
    locked: &mut LockedPool,
    terms: &Terms,
    asked: &Request<'_>,
) -> Result<Asked, WithdrawalError> {
    let member = session.member(asked.member).await?;
    let body = body(&member, asked);
    if let Some(key) = asked.key {
        check_key(key)?;
        if let Some(before) = before(session, locked, key, &body).await? {
            return Ok(Asked::Before(before));
        }
    }
    let policy = terms.policy.as_ref();
    let policy = policy.map_err(|no| WithdrawalError::refused(&*no.what, &*no.cure))?;
    check_member(session, locked, terms, &member, asked).await?;
    let on = terms.zones.day_of(asked.now)?;
    let pool = locked.pool.number;
    let balance = session.balance(pool, member.number).await?;
    let amount_of = |units| Amount::from_units(units, terms.coin);
    let free = amount_of(balance.available).checked_sub(amount_of(balance.receivable))?;
    let requested = session.requested_on(pool, member.number, on).await?;
    let allowed = policy.decide(&policy::Asked {
        amount: asked.amount,
        closes: asked.closes,
        free,
        before: amount_of(requested),
    })?;
    let new = NewWithdrawal {
        member: member.number,
        amount: allowed.amount.units(),
        address: asked.to,
        closes: asked.closes,
        key: asked.key.map(|key| (key, body)),
        by: asked.by,
        at: asked.now,
        on,
        approved: match &allowed.approval {
            Approval::None(why) => Some((POLICY, why)),
            Approval::SecondPerson(_) => None,
        },
    };
    let written = session.request_withdrawal(locked, &new).await?;
    let detail = json!({
        "pool": terms.pool.as_str(), "member": member.code.as_str(),
        "amount": allowed.amount.to_fixed(), "to": asked.to, "closes": asked.closes,
        "key": asked.key, "state": written.state.name(),
    });
    let subject = written.number.to_string();
    session
        .audit(
            asked.by,
            "withdrawals request",
            &subject,
            &detail,
            asked.now,
        )
        .await?;
    Ok(Asked::New(written))
}

fn body(member: &Member, asked: &Request<'_>) -> BodyHash {
    let amount = asked.amount.map(Amount::units);
    request_hash(member.number, amount, asked.to, asked.closes)
}

/// What was asked for under this key, if it was the same.
async fn before(
    session: &mut Session,
    locked: &LockedPool,
    key: &str,
    body: &BodyHash,
) -> Result<Option<Withdrawal>, WithdrawalError> {
    let pool = locked.pool.number;
    let Some((number, hash)) = session.withdrawal_of_key(pool, key).await? else {
        return Ok(None);
    };
    if hash[..] == body[..] {
        return Ok(Some(session.withdrawal(pool, number).await?));
    }
    Err(WithdrawalError::refused(
        format!("the key {key:?} was used for withdrawal {number}, which asks for something else"),
        "give each request a key of its own",
    ))
}

fn check_key(key: &str) -> Result<(), WithdrawalError> {
    let length = key.chars().count();
    if (1..=KEY_MAX).contains(&length) && !key.chars().any(char::is_control) {
        return Ok(());
    }
    Err(WithdrawalError::refused(
        format!("a key has 1 to {KEY_MAX} characters and no control characters"),
        "give another one, as a UUID",
    ))
}

async fn check_member(
    session: &mut Session,
    locked: &LockedPool,
    terms: &Terms,
    member: &Member,
    asked: &Request<'_>,
) -> Result<(), WithdrawalError> {
    if let Some(reason) = &member.frozen {
        return Err(WithdrawalError::refused(
            format!("member {} is frozen: {reason}", member.code),
            "`paydirt members unfreeze` pays it again",
        ));
    }
    let numbers = [member.number];
    let mut books = session.addresses_of(locked.pool.number, numbers).await?;
    let book = books.remove(&member.number).unwrap_or_default();
    address::check(asked.to, member.code.as_str(), &terms.own, &book, asked.now)
}
