//! Who is due.

use paydirt_ledger::{BadEntry, MemberId, Payable, Payables};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

use super::refusal::Ledgered;
use crate::codec::instant;
use crate::db::{Connection, query};
use crate::numbers::PoolNumber;

/// Those with at least `minimum`, what they owe taken off, the most first. Where a member is paid
/// is its newest address; nothing is paid to a frozen member.
const DUE: &str = "SELECT member.code, balance.available - balance.receivable AS amount, \
     place.address, place.usable_from \
     FROM member_balance AS balance JOIN member ON member.number = balance.member \
     LEFT JOIN member_address AS place ON place.number = \
         (SELECT MAX(newest.number) FROM member_address AS newest WHERE newest.pool = $1 \
          AND newest.member = balance.member AND newest.removed_at IS NULL) \
     WHERE balance.pool = $1 AND balance.available - balance.receivable >= $2 \
     AND balance.available > balance.receivable AND member.frozen IS NULL \
     ORDER BY balance.available - balance.receivable DESC, member.code";
const BELOW: &str = "SELECT COUNT(*) FROM member_balance WHERE pool = $1 AND available > 0 \
     AND (available - receivable < $2 OR available <= receivable)";

#[derive(sqlx::FromRow)]
struct DueRow {
    code: String,
    amount: i64,
    address: Option<String>,
    usable_from: Option<i64>,
}

pub(super) async fn payable(
    connection: &mut Connection,
    pool: PoolNumber,
    coin: Coin,
    minimum: Amount,
    now: Timestamp,
) -> Ledgered<Payables> {
    Amount::zero(coin).checked_cmp(minimum)?;
    let due = query(DUE).bind(pool.get()).bind(minimum.units());
    let rows: Vec<DueRow> = due.fetch_all(connection).await?;
    let below = query(BELOW).bind(pool.get()).bind(minimum.units());
    let (below,): (i64,) = below.fetch_one(connection).await?;
    let mut found = Payables {
        below: usize::try_from(below).unwrap_or(usize::MAX),
        ..Payables::default()
    };
    for row in rows {
        let member = MemberId::new(row.code);
        match usable(row.address, row.usable_from.map(instant), now) {
            Ok(address) => found.due.push(Payable {
                member,
                address,
                amount: Amount::from_units(row.amount, coin),
            }),
            Err(reason) => found.bad.push(BadEntry { member, reason }),
        }
    }
    Ok(found)
}

fn usable(
    address: Option<String>,
    from: Option<Timestamp>,
    now: Timestamp,
) -> Result<String, String> {
    match (address, from) {
        (Some(_), Some(from)) if from > now => {
            Err(format!("its newest address can be used from {from} on"))
        }
        (Some(address), _) => Ok(address),
        (None, _) => Err("it has no address; add one with `paydirt members address`".into()),
    }
}
