//! Why was nothing paid yet? Everything that stands between a withdrawal, or a member, and its
//! payment: each in a sentence, with its cure. Pure, from what is known to sentences.

use paydirt_books::{
    AttemptSeen, Balance, LegSeen, Member, MemberAddress, Quarantined, Withdrawal, WithdrawalState,
};
use paydirt_money::{Amount, Coin, MoneyError};
use paydirt_schedule::{Day, Timestamp};

use crate::policy::Policy;
use crate::terms::NoPolicy;

/// One thing that stands between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is: a word that programs know.
    pub code: &'static str,
    /// In a sentence.
    pub what: String,
    /// What to do, or what to wait for.
    pub cure: String,
}

/// When the next run of payouts begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextRun {
    /// Then.
    At(Timestamp),
    /// So many milliseconds after the last one began.
    Every(u64),
    /// Only when somebody asks.
    Asked,
    /// Never: there is no such section, or it is switched off.
    Never(String),
}

/// What is known of a member in a pool.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// The pool's coin.
    pub coin: Coin,
    /// The instant of the look.
    pub now: Timestamp,
    /// The day that it is in the pool's zone, and when the next one begins.
    pub today: (Day, Timestamp),
    /// The member.
    pub member: &'a Member,
    /// What it has.
    pub balance: Balance,
    /// Its addresses.
    pub book: &'a [MemberAddress],
    /// What the pool allows.
    pub policy: &'a Result<Policy, NoPolicy>,
    /// What went out of the pool that day, ledger units.
    pub gone: i64,
    /// The address of it that is not paid.
    pub quarantine: Option<&'a Quarantined>,
    /// Why the wallet plans nothing new: paused, and frozen.
    pub wallet: (Option<&'a str>, Option<&'a str>),
    /// When payouts run next.
    pub next_run: NextRun,
    /// The next day on which something of the member's vests, and how much, ledger units.
    pub vests_next: Option<(Day, i64)>,
}

/// A withdrawal, with its legs.
#[derive(Clone, Copy, Debug)]
pub struct OfWithdrawal<'a> {
    /// The withdrawal.
    pub withdrawal: &'a Withdrawal,
    /// Its legs in the journal.
    pub legs: &'a [LegSeen],
    /// The versions of their payments.
    pub attempts: &'a [AttemptSeen],
}

/// Collects reasons.
struct Reasons(Vec<Reason>);

impl Reasons {
    fn add(&mut self, code: &'static str, what: impl Into<String>, cure: impl Into<String>) {
        let (what, cure) = (what.into(), cure.into());
        self.0.push(Reason { code, what, cure });
    }
}

/// Why a withdrawal is not paid yet; where it is over, that it is.
///
/// # Errors
/// `Coins`, `OutOfRange` for sums.
pub fn of_withdrawal(
    standing: &Standing<'_>,
    of: &OfWithdrawal<'_>,
) -> Result<Vec<Reason>, MoneyError> {
    let mut reasons = Reasons(Vec::new());
    let it = of.withdrawal;
    let because = it
        .reason
        .as_deref()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    match it.state {
        WithdrawalState::Paid => {
            let tx = it.tx.as_deref().unwrap_or("another program");
            reasons.add(
                "paid",
                format!("it is paid, by {tx}"),
                "nothing is left to be done",
            );
            return Ok(reasons.0);
        }
        WithdrawalState::Rejected | WithdrawalState::Cancelled => {
            let what = format!("it was {}{because}", it.state);
            reasons.add("over", what, "its amount is available again: ask anew");
            return Ok(reasons.0);
        }
        WithdrawalState::Processing => {
            in_flight(of, &mut reasons);
            if let (_, Some(frozen)) = standing.wallet {
                wallet_frozen(frozen, &mut reasons);
            }
            return Ok(reasons.0);
        }
        WithdrawalState::Failed => failed(of, &because, &mut reasons),
        WithdrawalState::Requested => reasons.add(
            "not_approved",
            format!(
                "it was asked for by {} and waits for approval",
                it.requested_by
            ),
            format!(
                "anybody but {} approves it with `paydirt withdrawals approve {}`",
                it.requested_by, it.number
            ),
        ),
        WithdrawalState::Approved => {}
    }
    if of.legs.iter().any(|leg| leg.state == "live") {
        in_flight(of, &mut reasons);
    }
    of_address(standing, &it.address, &mut reasons);
    of_member_itself(standing, &mut reasons);
    of_quarantine(standing, Some(&it.address), &mut reasons);
    of_day(standing, it.amount, &mut reasons)?;
    of_payouts(standing, &mut reasons);
    Ok(reasons.0)
}

/// Why a member has not been paid yet: what it has, and what each part waits for.
///
/// # Errors
/// `Coins`, `OutOfRange` for sums.
pub fn of_member(standing: &Standing<'_>, open: &[Withdrawal]) -> Result<Vec<Reason>, MoneyError> {
    let mut reasons = Reasons(Vec::new());
    of_member_itself(standing, &mut reasons);
    of_quarantine(standing, None, &mut reasons);
    for it in open {
        let amount = standing.amount(it.amount);
        reasons.add(
            "withdrawal",
            format!("withdrawal {} of {amount} is {}", it.number, it.state),
            format!(
                "`paydirt withdrawals why {}` says what it waits for",
                it.number
            ),
        );
    }
    let balance = &standing.balance;
    if balance.receivable > 0 {
        reasons.add(
            "receivable",
            format!(
                "the member owes the pool {}",
                standing.amount(balance.receivable)
            ),
            "as much of what is available is kept back until later credits cover it",
        );
    }
    let free = standing.amount(balance.available.saturating_sub(balance.receivable));
    of_free(standing, free, &mut reasons)?;
    if balance.vesting > 0 {
        let vesting = standing.amount(balance.vesting);
        let cure = match standing.vests_next {
            Some((day, units)) => format!("{} of it vests on {day}", standing.amount(units)),
            None => "it vests with the releases of its streams".to_owned(),
        };
        reasons.add(
            "vesting",
            format!("{vesting} is earned and vests later"),
            cure,
        );
    }
    if balance.to_transfer > 0 {
        let collected = standing.amount(balance.to_transfer);
        reasons.add(
            "to_transfer",
            format!("{collected} is collected by streams until it is transferred"),
            "`paydirt transfers run` moves it to what is available",
        );
    }
    if standing.book.is_empty() {
        reasons.add(
            "no_address",
            "it has no address in this pool",
            "add one with `paydirt members address MEMBER --add ADDRESS`",
        );
    } else if standing
        .book
        .iter()
        .all(|known| known.usable_from > standing.now)
    {
        let first = standing.book.iter().map(|known| known.usable_from).min();
        let first = first.map(|at| at.to_string()).unwrap_or_default();
        let what = format!("none of its addresses can be used before {first}");
        reasons.add("cooling_down", what, "wait until then");
    }
    of_payouts(standing, &mut reasons);
    Ok(reasons.0)
}

impl Standing<'_> {
    fn amount(&self, units: i64) -> Amount {
        Amount::from_units(units, self.coin)
    }
}

/// What is free, against the minimum.
fn of_free(standing: &Standing<'_>, free: Amount, reasons: &mut Reasons) -> Result<(), MoneyError> {
    if !free.is_positive() {
        let what = "nothing is available".to_owned();
        reasons.add(
            "nothing_available",
            what,
            "wait until something is credited or vests",
        );
        return Ok(());
    }
    match standing.policy {
        Ok(policy) if free.checked_cmp(policy.minimum)?.is_lt() => reasons.add(
            "below_minimum",
            format!(
                "{free} is available, below the minimum of {}",
                policy.minimum
            ),
            "wait for more, or close the balance with `paydirt withdrawals request --close`",
        ),
        _ => reasons.add(
            "not_asked_for",
            format!("{free} is available and nobody has asked for it"),
            "ask with `paydirt withdrawals request`",
        ),
    }
    Ok(())
}

fn in_flight(of: &OfWithdrawal<'_>, reasons: &mut Reasons) {
    let live: Vec<&LegSeen> = of.legs.iter().filter(|leg| leg.state == "live").collect();
    if live.is_empty() {
        reasons.add(
            "in_flight",
            "it is in a payment that the journal does not name",
            "the next run of `paydirt payouts run` follows it; else `paydirt payouts reconcile`",
        );
    }
    for leg in live {
        let attempts = of.attempts.iter().filter(|it| it.payment == leg.payment);
        let txs: Vec<&str> = attempts.filter_map(|it| it.tx.as_deref()).collect();
        let nonce = leg.nonce.map(|nonce| format!(" with nonce {nonce}"));
        let sent = match txs.as_slice() {
            [] => "nothing of it was sent yet".to_owned(),
            some => format!("it was sent as {}", some.join(", ")),
        };
        reasons.add(
            "in_flight",
            format!(
                "it is in payment {}{}, which is {}: {sent}",
                leg.payment,
                nonce.unwrap_or_default(),
                leg.payment_state
            ),
            format!(
                "wait until it is final (`paydirt payouts history {0}`), or offer the chain a \
                 cancel with `paydirt payouts cancel {0}`",
                leg.payment
            ),
        );
    }
}

fn failed(of: &OfWithdrawal<'_>, because: &str, reasons: &mut Reasons) {
    let number = of.withdrawal.number;
    reasons.add(
        "failed",
        format!("its payment failed{because}; its amount is still set aside"),
        format!(
            "`paydirt withdrawals requeue {number}` pays it again, `mark-paid {number} --tx HASH` \
             records a payment from outside, `cancel {number}` takes it back; each needs a second \
             person"
        ),
    );
}

fn of_address(standing: &Standing<'_>, address: &str, reasons: &mut Reasons) {
    let found = standing.book.iter().find(|known| known.address == address);
    match found {
        None => reasons.add(
            "no_address",
            format!("{address} is not in the member's address book"),
            "add it with `paydirt members address MEMBER --add ADDRESS`, or take the withdrawal \
             back and ask anew",
        ),
        Some(known) if known.usable_from > standing.now => reasons.add(
            "cooling_down",
            format!("{address} can be used from {} on", known.usable_from),
            "wait until then",
        ),
        Some(_) => {}
    }
}

fn of_member_itself(standing: &Standing<'_>, reasons: &mut Reasons) {
    let code = &standing.member.code;
    if let Some(reason) = &standing.member.frozen {
        let what = format!("member {code} is frozen: {reason}");
        reasons.add(
            "frozen",
            what,
            format!("`paydirt members unfreeze {code}` pays it again"),
        );
    }
}

fn of_quarantine(standing: &Standing<'_>, address: Option<&str>, reasons: &mut Reasons) {
    let found = standing.quarantine;
    let Some(found) = found.filter(|it| address.is_none_or(|only| only == it.address)) else {
        return;
    };
    let (
        code,
        Quarantined {
            address,
            reason,
            since,
        },
    ) = (&standing.member.code, found);
    reasons.add(
        "quarantined",
        format!("a payment to {address} failed on its own account, since {since}: {reason}"),
        format!("`paydirt payouts quarantine lift {code}` pays it again"),
    );
}

fn of_day(standing: &Standing<'_>, amount: i64, reasons: &mut Reasons) -> Result<(), MoneyError> {
    let policy = match standing.policy {
        Ok(policy) => policy,
        Err(NoPolicy { what, cure }) => {
            reasons.add("no_policy", what, cure);
            return Ok(());
        }
    };
    let left = policy.left_of_day(standing.amount(standing.gone))?;
    let amount = standing.amount(amount);
    if amount.checked_cmp(policy.daily_cap)?.is_gt() {
        reasons.add(
            "daily_cap",
            format!(
                "it is {amount}, above the pool's daily cap of {}",
                policy.daily_cap
            ),
            "raise the cap, or take it back and let smaller ones be asked for",
        );
        return Ok(());
    }
    if amount.checked_cmp(left)?.is_gt() {
        let (today, next) = standing.today;
        let gone = standing.amount(standing.gone);
        reasons.add(
            "daily_cap",
            format!(
                "{gone} went out of the pool on {today}, which leaves {left} of its daily cap of \
                 {}",
                policy.daily_cap
            ),
            format!("it can go out after {next}, when the next day begins"),
        );
    }
    Ok(())
}

fn wallet_frozen(reason: &str, reasons: &mut Reasons) {
    reasons.add(
        "wallet_frozen",
        format!("the pool's wallet is frozen: {reason}"),
        "find out what happened, then `paydirt payouts resume`",
    );
}

fn of_payouts(standing: &Standing<'_>, reasons: &mut Reasons) {
    let (paused, frozen) = standing.wallet;
    if let Some(reason) = paused {
        let what = format!("the pool's wallet is paused: {reason}");
        reasons.add(
            "wallet_paused",
            what,
            "`paydirt payouts resume` plans again",
        );
    }
    if let Some(reason) = frozen {
        wallet_frozen(reason, reasons);
    }
    match &standing.next_run {
        NextRun::At(at) => {
            let what = format!("payouts run next at {at}");
            reasons.add(
                "next_run",
                what,
                "wait until then, or `paydirt payouts run --once`",
            );
        }
        NextRun::Every(ms) => {
            let seconds = ms.div_euclid(1_000);
            let what = format!("payouts run every {seconds} seconds while `paydirt serve` runs");
            reasons.add("next_run", what, "wait, or `paydirt payouts run --once`");
        }
        NextRun::Asked => reasons.add(
            "next_run",
            "payouts run only when somebody asks: neither cron nor interval is set",
            "`paydirt payouts run --once`",
        ),
        NextRun::Never(why) => reasons.add(
            "not_paid",
            format!("the pool pays nothing: {why}"),
            "set [pool.NAME.payouts] in the configuration",
        ),
    }
}

#[cfg(test)]
mod tests;
