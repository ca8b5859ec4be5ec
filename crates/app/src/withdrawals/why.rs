//! Why was nothing paid yet?

use paydirt_books::{MemberNumber, Pool, Session, WithdrawalState, WithdrawalsAsked};
use paydirt_ledger::MemberId;
use paydirt_withdrawals::why;
use paydirt_withdrawals::why::{NextRun, OfWithdrawal as Legs, Reason, Standing};

use super::{OfWithdrawal, WithdrawalShown, shown, terms_of};
use crate::config::{Settings, When};
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::payouts::wallet_address;

/// Open withdrawals of a member that are named.
const OPEN: u32 = 100;

/// Why a withdrawal, or a member, was not paid yet.
#[derive(Clone, Debug)]
pub struct Why {
    /// The withdrawal, where it is about one.
    pub withdrawal: Option<WithdrawalShown>,
    /// The reasons.
    pub reasons: Vec<Reason>,
}

/// Why a withdrawal is not paid yet. No node is asked.
///
/// # Errors
/// The books': `Unknown`.
pub async fn why_withdrawal(settings: &Settings, number: i64) -> Result<Why, AppError> {
    let of = OfWithdrawal::open(settings, number).await?;
    let mut session = of.pool.books.look().await?;
    let pool = session.pool(&of.pool.terms.id).await?;
    let found = session.withdrawal(pool.number, of.number).await?;
    let legs = session.legs_of_withdrawal(&pool.id, of.number).await?;
    let payments: Vec<&str> = legs.iter().map(|leg| leg.payment.as_str()).collect();
    let attempts = session.attempts_of(&payments).await?;
    let known = Known::of(&mut session, settings, &of.pool, &pool, &found.code).await?;
    session.end().await?;
    let legs = Legs {
        withdrawal: &found,
        legs: &legs,
        attempts: &attempts,
    };
    let reasons = why::of_withdrawal(&known.standing(&pool, &of.pool)?, &legs)?;
    let withdrawal = Some(shown(&pool, found));
    Ok(Why {
        withdrawal,
        reasons,
    })
}

/// Why a member of a pool has not been paid yet. No node is asked.
///
/// # Errors
/// `Usage`; the books': `Unknown`.
pub async fn why_member(settings: &Settings, pool: &str, code: &str) -> Result<Why, AppError> {
    let of = OfPool::open(settings, pool).await?;
    let mut session = of.books.look().await?;
    let pool = session.pool(&of.terms.id).await?;
    let code = MemberId::new(code);
    let known = Known::of(&mut session, settings, &of, &pool, &code).await?;
    let open = WithdrawalsAsked {
        states: vec![
            WithdrawalState::Requested,
            WithdrawalState::Approved,
            WithdrawalState::Processing,
            WithdrawalState::Failed,
        ],
        member: Some(known.member.number),
        after: None,
        limit: OPEN,
    };
    let open = session.withdrawals(pool.number, &open).await?;
    session.end().await?;
    let reasons = why::of_member(&known.standing(&pool, &of)?, &open)?;
    Ok(Why {
        withdrawal: None,
        reasons,
    })
}

/// What the books and the configuration know of a member.
struct Known {
    member: paydirt_books::Member,
    balance: paydirt_books::Balance,
    book: Vec<paydirt_books::MemberAddress>,
    terms: paydirt_withdrawals::Terms,
    gone: i64,
    quarantine: Option<paydirt_books::Quarantined>,
    wallet: (Option<String>, Option<String>),
    next_run: NextRun,
    vests_next: Option<(paydirt_schedule::Day, i64)>,
}

impl Known {
    async fn of(
        session: &mut Session,
        settings: &Settings,
        of: &OfPool,
        pool: &Pool,
        code: &MemberId,
    ) -> Result<Self, AppError> {
        let member = session.member(code).await?;
        let number: MemberNumber = member.number;
        let mut books = session.addresses_of(pool.number, [number]).await?;
        let wallet = match wallet_of(settings, pool) {
            Some(address) => session.wallet_stops(&address).await?,
            None => (None, None),
        };
        Ok(Self {
            balance: session.balance(pool.number, number).await?,
            book: books.remove(&number).unwrap_or_default(),
            terms: terms_of(session, settings, of).await?,
            gone: session.held_on(pool.number, of.today()?).await?,
            quarantine: session.quarantine_of(&pool.id, code.as_str()).await?,
            wallet,
            next_run: next_run(settings, of),
            vests_next: session.next_vesting(pool.number, number).await?,
            member,
        })
    }

    fn standing<'a>(&'a self, pool: &Pool, of: &OfPool) -> Result<Standing<'a>, AppError> {
        let today = of.today()?;
        let end = of.terms.zones().instants(today).end;
        Ok(Standing {
            coin: pool.coin,
            now: of.now,
            today: (today, end),
            member: &self.member,
            balance: self.balance,
            book: &self.book,
            policy: &self.terms.policy,
            gone: self.gone,
            quarantine: self.quarantine.as_ref(),
            wallet: (self.wallet.0.as_deref(), self.wallet.1.as_deref()),
            next_run: self.next_run.clone(),
            vests_next: self.vests_next,
        })
    }
}

fn wallet_of(settings: &Settings, pool: &Pool) -> Option<String> {
    let config = settings.pools.get(pool.id.as_str())?;
    let address = wallet_address(settings, config.wallet.as_deref()?).ok()?;
    Some(address.to_string())
}

fn next_run(settings: &Settings, of: &OfPool) -> NextRun {
    let config = settings.pools.get(of.terms.id.as_str());
    let Some(payouts) = config.and_then(|config| config.payouts.as_ref()) else {
        return NextRun::Never("it has no section payouts".into());
    };
    if !payouts.enabled {
        return NextRun::Never("enabled = false in its section payouts".into());
    }
    match &payouts.when {
        When::Cron(spec) => {
            let next = spec.next_in(of.now, of.terms.schedule.zones());
            next.map_or(NextRun::Asked, NextRun::At)
        }
        When::Interval { interval_ms } => NextRun::Every(*interval_ms),
        When::Asked => NextRun::Asked,
    }
}
