//! Withdrawals: asked for, decided, explained, repaired.

mod asking;
mod chain;
mod deciding;
mod repairs;
mod sheets;
mod terms;
mod why;

use paydirt_books::{
    AttemptSeen, LegSeen, PaymentLine, Pool, Session, Withdrawal, WithdrawalEvent,
    WithdrawalNumber, WithdrawalState, WithdrawalsAsked,
};
use paydirt_ledger::MemberId;
use paydirt_money::Coin;
use paydirt_schedule::{Clock as _, SystemClock};
use paydirt_withdrawals::Terms;

use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::terms::pool_terms;
use crate::wire::open_existing;

pub use asking::{RequestAsked, Requested, request};
pub use deciding::{ApprovalPlan, approve, cancel, plan_approval, reject};
pub use repairs::{
    RepairAsked, RepairKind, RepairPlan, Search, plan_repair, repair, repairs_failed,
};
pub use sheets::{CompareAsked, ComparedSheet, ImportFile, compare, import};
pub(crate) use terms::cool_down_ms;
pub use why::{Why, why_member, why_withdrawal};

/// A withdrawal, with what its amount is of.
#[derive(Clone, Debug)]
pub struct WithdrawalShown {
    /// Its pool.
    pub pool: String,
    /// The pool's coin.
    pub coin: Coin,
    /// The withdrawal.
    pub withdrawal: Withdrawal,
}

/// A withdrawal with everything that happened to it.
#[derive(Clone, Debug)]
pub struct TimeLine {
    /// The withdrawal.
    pub shown: WithdrawalShown,
    /// What happened to it, oldest first.
    pub events: Vec<WithdrawalEvent>,
    /// Its legs in the journal.
    pub legs: Vec<LegSeen>,
    /// The versions of their payments.
    pub attempts: Vec<AttemptSeen>,
    /// What happened to those payments, oldest first.
    pub history: Vec<PaymentLine>,
}

/// Which withdrawals are listed.
#[derive(Clone, Debug, Default)]
pub struct ListAsked {
    /// Only this pool's; needed where there are several.
    pub pool: Option<String>,
    /// Only those in these states; empty: in any.
    pub states: Vec<WithdrawalState>,
    /// Only this member's.
    pub member: Option<String>,
    /// Only those older than this one.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// A pool's withdrawals, newest first.
///
/// # Errors
/// `Usage` where several pools are settled and none is named; the books'.
pub async fn list(
    settings: &Settings,
    asked: &ListAsked,
) -> Result<Vec<WithdrawalShown>, AppError> {
    let of = OfPool::open(settings, &named_pool(settings, asked.pool.as_deref())?).await?;
    let (mut session, Some(pool)) = of.look().await? else {
        return Ok(Vec::new());
    };
    let member = match &asked.member {
        Some(code) => Some(session.member(&MemberId::new(code)).await?.number),
        None => None,
    };
    let wanted = WithdrawalsAsked {
        states: asked.states.clone(),
        member,
        after: asked.after.map(WithdrawalNumber::new),
        limit: asked.limit,
    };
    let found = session.withdrawals(pool.number, &wanted).await?;
    Ok(found.into_iter().map(|it| shown(&pool, it)).collect())
}

/// A withdrawal with everything that happened to it.
///
/// # Errors
/// `Usage`; the books': `Unknown`.
pub async fn show(settings: &Settings, number: i64) -> Result<TimeLine, AppError> {
    let of = OfWithdrawal::open(settings, number).await?;
    let mut session = of.pool.books.look().await?;
    let pool = session.pool(&of.pool.terms.id).await?;
    let withdrawal = session.withdrawal(pool.number, of.number).await?;
    let events = session.withdrawal_events(of.number).await?;
    let legs = session.legs_of_withdrawal(&pool.id, of.number).await?;
    let payments: Vec<&str> = legs.iter().map(|leg| leg.payment.as_str()).collect();
    let attempts = session.attempts_of(&payments).await?;
    let history = session.history_of_payments(&payments).await?;
    session.end().await?;
    Ok(TimeLine {
        shown: shown(&pool, withdrawal),
        events,
        legs,
        attempts,
        history,
    })
}

/// The pool that is named, or the only one whose days are settled.
fn named_pool(settings: &Settings, named: Option<&str>) -> Result<String, AppError> {
    let settled = crate::terms::settled_pools(settings);
    match (named, settled.as_slice()) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, [one]) => Ok((*one).to_owned()),
        (None, several) => Err(AppError::usage(
            "it is not said which pool is meant",
            format!("name one with --pool: {}", several.join(", ")),
        )),
    }
}

fn shown(pool: &Pool, withdrawal: Withdrawal) -> WithdrawalShown {
    WithdrawalShown {
        pool: pool.id.to_string(),
        coin: pool.coin,
        withdrawal,
    }
}

/// A withdrawal's pool, found by its id.
struct OfWithdrawal {
    number: WithdrawalNumber,
    pool: OfPool,
}

impl OfWithdrawal {
    async fn open(settings: &Settings, number: i64) -> Result<Self, AppError> {
        let books = open_existing(settings).await?;
        let mut session = books.look().await?;
        let number = WithdrawalNumber::new(number);
        let name = pool_name(&mut session, number).await?;
        session.end().await?;
        let pool = OfPool {
            books,
            terms: pool_terms(settings, &name)?,
            now: SystemClock.now(),
        };
        Ok(Self { number, pool })
    }
}

/// The name of a withdrawal's pool.
async fn pool_name(session: &mut Session, number: WithdrawalNumber) -> Result<String, AppError> {
    let of = session.pool_of_withdrawal(number).await?;
    let pools = session.pools().await?;
    let found = pools.into_iter().find(|pool| pool.number == of);
    Ok(found.map_or_else(String::new, |pool| pool.id.to_string()))
}

/// The pool's terms, with the journal's wallets among its own addresses.
async fn terms_of(
    session: &mut Session,
    settings: &Settings,
    of: &OfPool,
) -> Result<Terms, AppError> {
    let mut terms = terms::terms(settings, &of.terms);
    terms.own.extend(session.wallet_addresses().await?);
    Ok(terms)
}

/// An address in the text that the books know it by.
fn canonical(settings: &Settings, pool: &str, address: &str) -> Result<String, AppError> {
    let of_pool = settings.pools.get(pool);
    let chain = of_pool.and_then(|pool| settings.chains.get(&pool.chain));
    let chain = chain.ok_or_else(|| {
        let what = format!("pool {pool} has no chain");
        AppError::usage(what, "name a pool of the configuration")
    })?;
    crate::config::address_of_chain(chain, address).map_err(|(what, cure)| {
        let what = format!("the address {address:?} {what}");
        paydirt_withdrawals::WithdrawalError::refused(what, cure).into()
    })
}
