//! Failed withdrawals: recorded as paid from outside, queued again, or taken back. One person
//! proposes it, another confirms exactly that.

use paydirt_books::{NewProposal, Pool, Session, Withdrawal, WithdrawalState};
use paydirt_chain::TxId;
use paydirt_money::Amount;
use paydirt_schedule::Day;
use paydirt_withdrawals::WithdrawalError;
use paydirt_withdrawals::repair::{self, Carrying, Plan, Repair};
use serde_json::{Value as Json, json};

use super::chain::{Watch, transaction_id};
use super::{OfWithdrawal, WithdrawalShown, shown, terms_of};
use crate::approvals::{Second, allowed};
use crate::config::{ChainConfig, Settings};
use crate::error::AppError;
use crate::owner::operator;

/// What is to become of a failed withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepairKind {
    /// This transaction paid it.
    MarkPaid {
        /// Its hash, as it was typed.
        tx: String,
        /// From when on payments count; `None`: from the day on which it was asked for.
        since: Option<Day>,
    },
    /// It may be paid again.
    Requeue(Search),
    /// It is taken back.
    Cancel(Search),
}

/// How the chain is searched for a payment that is on no record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// From when on; `None`: from when it was asked for. Not later.
    pub since: Option<Day>,
    /// Transactions of which somebody knows that they paid something else, as they were typed.
    pub except: Vec<String>,
}

/// A repair that is asked for.
#[derive(Clone, Debug)]
pub struct RepairAsked {
    /// The withdrawal.
    pub number: i64,
    /// What is to become of it.
    pub kind: RepairKind,
    /// Why.
    pub reason: String,
}

/// What a repair would do.
#[derive(Clone, Debug)]
pub struct RepairPlan {
    /// The withdrawal as it is.
    pub shown: WithdrawalShown,
    /// Before, after, and what it is done on.
    pub plan: Plan,
}

/// Whether a withdrawal has failed: then to cancel it is a repair.
///
/// # Errors
/// The books': `Unknown`.
pub async fn repairs_failed(settings: &Settings, number: i64) -> Result<bool, AppError> {
    let shown = super::show(settings, number).await?.shown;
    Ok(shown.withdrawal.state == WithdrawalState::Failed)
}

/// Looks what a repair would do. Nothing is written.
///
/// # Errors
/// `Withdrawal` with the reason why it may not be; `Usage`, `Policy`; the books'.
pub async fn plan_repair(settings: &Settings, asked: &RepairAsked) -> Result<RepairPlan, AppError> {
    let of = OfWithdrawal::open(settings, asked.number).await?;
    let repair = look(settings, &of, &asked.kind).await?;
    let mut session = of.pool.books.look().await?;
    let pool = session.pool(&of.pool.terms.id).await?;
    let plan = planned(&mut session, settings, &of, &pool, &repair).await?;
    session.end().await?;
    let shown = shown(&pool, plan.withdrawal.clone());
    Ok(RepairPlan { shown, plan })
}

/// Proposes a repair, or carries out what another person proposed.
///
/// # Errors
/// As [`plan_repair`]; `Policy` where the same person asks again.
pub async fn repair(
    settings: &Settings,
    asked: &RepairAsked,
) -> Result<(RepairPlan, Second<WithdrawalShown>), AppError> {
    let of = OfWithdrawal::open(settings, asked.number).await?;
    // Nobody holds the books while nodes are asked.
    let repair = look(settings, &of, &asked.kind).await?;
    let mut session = of.pool.books.begin().await?;
    let mut locked = session.lock_pool(&of.pool.terms.id).await?;
    let pool = locked.pool.clone();
    let plan = planned(&mut session, settings, &of, &pool, &repair).await?;
    let by = operator();
    let proposed = NewProposal {
        kind: repair.kind(),
        subject: of.number.to_string(),
        detail: plan.detail(pool.coin),
        reason: asked.reason.trim().to_owned(),
        by: by.clone(),
    };
    let decision = session.decide(&locked, &proposed, of.pool.now).await?;
    let as_planned = RepairPlan {
        shown: shown(&pool, plan.withdrawal.clone()),
        plan: plan.clone(),
    };
    let proposal = match allowed(decision)? {
        Ok(confirmed) => confirmed,
        Err(waits) => {
            let detail = json!({ "pool": pool.id.as_str(), "kind": repair.kind(),
                "proposed": proposed.detail, "reason": proposed.reason });
            let subject = of.number.to_string();
            let now = of.pool.now;
            session
                .audit(&by, "withdrawals propose", &subject, &detail, now)
                .await?;
            session.commit().await?;
            return Ok((as_planned, waits));
        }
    };
    let carrying = Carrying {
        by: &by,
        proposed: (&proposal.by, proposal.number.get()),
        reason: &proposal.reason,
        now: of.pool.now,
        zones: of.pool.terms.schedule.zones(),
    };
    let done = repair::carry_out(&mut session, &mut locked, &plan, &repair, &carrying).await?;
    session.commit().await?;
    let done = shown(&pool, done);
    Ok((as_planned, Second::Done { proposal, done }))
}

/// What it is to be repaired by: what the chain or the journal shows.
async fn look(
    settings: &Settings,
    of: &OfWithdrawal,
    kind: &RepairKind,
) -> Result<Repair, AppError> {
    let mut session = of.pool.books.look().await?;
    let pool = session.pool(&of.pool.terms.id).await?;
    let found = match kind {
        RepairKind::MarkPaid { tx, .. } => {
            let found = repair::payable_outside(&mut session, &pool, of.number).await?;
            repair::check_unused(&mut session, &transaction_id(tx)?).await?;
            found
        }
        RepairKind::Requeue(_) | RepairKind::Cancel(_) => {
            repair::failed(&mut session, &pool, of.number).await?
        }
    };
    let evidence = repair::journal_evidence(&mut session, &pool, of.number).await?;
    session.end().await?;
    let unpaid = |search| not_paid(settings, of, &pool, &found, search, evidence);
    match kind {
        RepairKind::Cancel(search) => Ok(Repair::Cancel(unpaid(search).await?)),
        RepairKind::Requeue(search) => Ok(Repair::Requeue(unpaid(search).await?)),
        RepairKind::MarkPaid { tx, since } => {
            let tx = transaction_id(tx)?;
            let watch = Watch::of(settings, pool.id.as_str())?;
            let amount = Amount::from_units(found.amount, pool.coin);
            let since = begins(of, since.unwrap_or(found.requested_on));
            let to = &found.address;
            let seen = watch.transaction(&tx, to, amount, since).await?;
            Ok(Repair::MarkPaid(Box::new(seen)))
        }
    }
}

/// A day of the pool, and when it begins (unix seconds).
fn begins(of: &OfWithdrawal, day: Day) -> (Day, u64) {
    let start = of.pool.terms.zones().instants(day).start;
    let start = u64::try_from(start.as_ms().div_euclid(1_000)).unwrap_or_default();
    (day, start)
}

/// The evidence that a failed withdrawal was not paid: how each of its payments in the journal
/// ended, and that no other transaction of a registered payer pays it. Somebody may have paid by
/// hand what failed here.
async fn not_paid(
    settings: &Settings,
    of: &OfWithdrawal,
    pool: &Pool,
    found: &Withdrawal,
    search: &Search,
    journal: Json,
) -> Result<Json, AppError> {
    let since = search.since.unwrap_or(found.requested_on);
    if since > found.requested_on {
        return Err(AppError::usage(
            format!(
                "withdrawal {} was asked for on {}, and what was paid before {since} would not be \
                 found",
                found.number, found.requested_on
            ),
            "leave --since out, and name by --except each transaction that paid something else",
        ));
    }
    let except: Vec<TxId> = search
        .except
        .iter()
        .map(|tx| transaction_id(tx))
        .collect::<Result<_, _>>()?;
    let chain = settings.pools.get(pool.id.as_str());
    let chain = chain.and_then(|config| settings.chains.get(&config.chain));
    if matches!(chain, Some(ChainConfig::Filecoin(_))) {
        let why = "not searched: this version can't look payments up on Filecoin";
        return Ok(json!({ "journal": journal, "former": found.former, "chain": why }));
    }
    let watch = Watch::of(settings, pool.id.as_str())?;
    let amount = Amount::from_units(found.amount, pool.coin);
    let mut from = begins(of, since);
    if search.since.is_none() && found.former.is_none() {
        let asked_s = found.requested_at.as_ms().div_euclid(1_000);
        from.1 = u64::try_from(asked_s).unwrap_or_default().max(from.1);
    }
    let mut paid = watch.payments_since(&found.address, amount, from).await?;
    paid.retain(|tx| !except.contains(tx));
    if let Some(tx) = unknown(of, paid).await? {
        return Err(WithdrawalError::refused(
            format!(
                "transaction {tx} of a registered payer pays exactly {amount} to {} since {since}, \
                 and pays nothing on record",
                found.address
            ),
            format!(
                "if it paid this withdrawal: `paydirt withdrawals mark-paid {} --tx {tx}`; if it \
                 paid something else: --except {tx}",
                found.number
            ),
        )
        .into());
    }
    Ok(json!({
        "journal": journal, "former": found.former,
        "chain": { "since": since.to_string(), "payers": watch.payers(), "found": 0,
            "except": except.iter().map(TxId::as_str).collect::<Vec<_>>() },
    }))
}

/// The first of these transactions that is nothing in the books.
async fn unknown(of: &OfWithdrawal, paid: Vec<TxId>) -> Result<Option<TxId>, AppError> {
    let mut session = of.pool.books.look().await?;
    for tx in paid {
        if session.use_of_tx(&tx).await?.is_none() {
            return Ok(Some(tx));
        }
    }
    session.end().await?;
    Ok(None)
}

/// What is to be done, by what the books say now.
async fn planned(
    session: &mut Session,
    settings: &Settings,
    of: &OfWithdrawal,
    pool: &Pool,
    repair: &Repair,
) -> Result<Plan, AppError> {
    let found = match repair {
        Repair::MarkPaid(seen) => {
            repair::check_unused(session, &seen.tx).await?;
            repair::payable_outside(session, pool, of.number).await?
        }
        Repair::Requeue(_) => {
            let found = repair::failed(session, pool, of.number).await?;
            let terms = terms_of(session, settings, &of.pool).await?;
            repair::check_address(session, pool, &terms, &found, of.pool.now).await?;
            found
        }
        Repair::Cancel(_) => repair::failed(session, pool, of.number).await?,
    };
    Ok(repair::plan(session, pool, found, repair).await?)
}
