//! Corrects a settled day: one person proposes exactly what changes, another confirms it.

use paydirt_books::{NewProposal, SettlementNumber};
use paydirt_ledger::MemberId;
use paydirt_money::{BaseUnits, Coefficient, FeeRate, PoolPower, Power};
use paydirt_schedule::Day;
use paydirt_settlement::{
    CORRECT, Correction, DayOf, OrderOverride, Overrides, plan_correction, post_correction,
};
use serde_json::json;

use crate::approvals::{Second, allowed};
use crate::config::Settings;
use crate::error::AppError;
use crate::of_pool::OfPool;
use crate::owner::operator;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct CorrectRequest {
    /// The pool.
    pub pool: String,
    /// The stream.
    pub stream: String,
    /// The settled day; `None` is refused.
    pub day: Option<Day>,
    /// Why.
    pub reason: String,
    /// The day's income instead of its items, as `237.098 FIL`.
    pub income: Option<String>,
    /// The same for its deductions.
    pub deductions: Option<String>,
    /// Items that came after it was settled become part of it.
    pub late_items: bool,
    /// The pool's power at the day's end, as `118.950 PB`.
    pub pool_power: Option<String>,
    /// Orders that count otherwise, each as `ID:power=900TiB,fee_rate=0.1,coefficient=1.2,member=M`
    /// with what of it is otherwise.
    pub orders: Vec<String>,
    /// Orders that don't count.
    pub without: Vec<String>,
    /// Only show what would change.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Corrected {
    /// Every difference.
    pub correction: Correction,
    /// Whether it was proposed or done; `None` in a dry run.
    pub second: Option<Second<SettlementNumber>>,
}

/// Corrects a settled day, or proposes to.
///
/// # Errors
/// `Usage`, `Money` for what can't be read; `Policy` where the same person asks again;
/// `Settlement` for a day that is not settled, and where nothing comes out otherwise; the books'.
pub async fn correct(settings: &Settings, request: &CorrectRequest) -> Result<Corrected, AppError> {
    let of = OfPool::open(settings, &request.pool).await?;
    let stream = of.stream(&request.stream)?;
    let Some(day) = request.day else {
        return Err(AppError::usage("no day is named", "name it with --day"));
    };
    let overrides = overrides(&of, request)?;
    let by = operator();
    let (mut session, pool) = of.begin().await?;
    let mut locked = session.lock_pool(&pool.id).await?;
    let streams = session.streams(pool.number).await?;
    let number = streams.get(&stream.name).copied();
    let number = number.ok_or_else(|| AppError::NotSettled {
        pool: request.pool.clone(),
        day,
    })?;
    let day = DayOf {
        pool: &of.terms,
        stream,
        number,
        day,
        now: of.now,
        by: &by,
    };
    let correction = plan_correction(&mut session, &locked, &day, &overrides).await?;
    if request.dry_run {
        session.end().await?;
        let second = None;
        return Ok(Corrected { correction, second });
    }
    let new = NewProposal {
        kind: CORRECT,
        subject: correction.subject(&stream.name),
        detail: correction.detail(),
        reason: request.reason.clone(),
        by: by.clone(),
    };
    let decision = session.decide(&locked, &new, of.now).await?;
    let second = match allowed(decision)? {
        Err(second) => {
            let detail = json!({ "subject": new.subject, "reason": new.reason });
            let id = pool.id.as_str();
            session
                .audit(&by, "settle correct propose", id, &detail, of.now)
                .await?;
            second
        }
        Ok(proposal) => {
            let posted = correction.clone();
            let reason = &proposal.reason;
            let done = post_correction(&mut session, &mut locked, &day, posted, reason).await?;
            Second::Done { proposal, done }
        }
    };
    session.commit().await?;
    Ok(Corrected {
        correction,
        second: Some(second),
    })
}

fn overrides(of: &OfPool, request: &CorrectRequest) -> Result<Overrides, AppError> {
    let coin = of.terms.coin;
    let amount = |text: &Option<String>| {
        let amount = text.as_deref();
        amount
            .map(|text| BaseUnits::parse_coin(text, coin))
            .transpose()
    };
    let orders = request.orders.iter().map(|text| order(text));
    Ok(Overrides {
        income: amount(&request.income)?,
        deductions: amount(&request.deductions)?,
        late_items: request.late_items,
        pool_power: request
            .pool_power
            .as_deref()
            .map(PoolPower::parse)
            .transpose()?,
        orders: orders.collect::<Result<_, _>>()?,
        without: request.without.clone(),
    })
}

/// What can be said of an order.
const FIELDS: [&str; 4] = ["power=", "fee_rate=", "coefficient=", "member="];

/// An order, and what of it is otherwise. The order's id may have colons of its own.
fn order(text: &str) -> Result<OrderOverride, AppError> {
    let fields = text.match_indices(':').find(|(place, _)| {
        let rest = text.get(place.saturating_add(1)..).unwrap_or_default();
        FIELDS.iter().any(|field| rest.starts_with(field))
    });
    let Some((id, fields)) = fields.and_then(|(place, _)| {
        let id = text.get(..place)?;
        Some((id, text.get(place.saturating_add(1)..)?))
    }) else {
        return Ok(OrderOverride {
            order: text.to_owned(),
            ..OrderOverride::default()
        });
    };
    let mut of = OrderOverride {
        order: id.to_owned(),
        ..OrderOverride::default()
    };
    for field in fields.split(',') {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let is_new = match name {
            "power" => of.power.replace(Power::parse(value)?).is_none(),
            "fee_rate" => of.fee_rate.replace(FeeRate::parse(value)?).is_none(),
            "coefficient" => of.coefficient.replace(Coefficient::parse(value)?).is_none(),
            "member" if !value.is_empty() => of.member.replace(MemberId::new(value)).is_none(),
            _ => {
                return Err(AppError::usage(
                    format!("{field:?} is nothing that can be said of an order"),
                    "write --order ID:power=900TiB,fee_rate=0.1,coefficient=1.2,member=M, with \
                     what of it is otherwise",
                ));
            }
        };
        if !is_new {
            return Err(AppError::usage(
                format!("{name} of order {id} is given twice"),
                "give each once",
            ));
        }
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_with_what_of_it_is_otherwise() {
        let of = order("a:b:power=900TiB,fee_rate=0.1,coefficient=1.2,member=u:1").unwrap();
        assert_eq!(of.order, "a:b");
        assert_eq!(of.power, Some(Power::parse("900 TiB").unwrap()));
        assert_eq!(of.fee_rate, Some(FeeRate::parse("0.1").unwrap()));
        assert_eq!(of.coefficient, Some(Coefficient::parse("1.2").unwrap()));
        assert_eq!(of.member, Some(MemberId::new("u:1")));
        assert_eq!(order("a:b").unwrap().order, "a:b");
        for bad in [
            "a:power=much",
            "a:fee_rate=2",
            "a:member=",
            "a:power=1TiB,power=2TiB",
            "a:power=1TiB,colour=red",
            "a:power=1TiB,",
        ] {
            assert!(order(bad).is_err(), "{bad}");
        }
    }
}
