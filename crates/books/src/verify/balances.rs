//! Balances and sums by day against what they must be.

use super::expected::{BUCKETS, Paged};
use super::load::Run;
use super::{Stop, coins, differs, same};
use crate::accounts::Account;
use crate::codec::day;
use crate::db::{Connection, query};
use crate::numbers::StreamNumber;

#[derive(sqlx::FromRow)]
struct BalanceRow {
    member: i64,
    code: String,
    available: i64,
    frozen: i64,
    vesting: i64,
    in_flight: i64,
    paid: i64,
    receivable: i64,
}

impl Run {
    /// The sums by account and day.
    pub(super) async fn compare_sums(&mut self, connection: &mut Connection) -> Result<(), Stop> {
        let coin = self.pool.pool.coin;
        let sql = "SELECT day, account, stream, amount FROM account_day WHERE pool = $1 \
                   ORDER BY day, account, stream";
        let asked = query(sql).bind(self.pool.pool.number.get());
        let sums = &mut self.sums;
        let looked = &mut self.looked;
        let each = |(on, account, stream, amount): (i64, String, i64, i64)| {
            looked.sums = looked.sums.saturating_add(1);
            let known = Account::of_name(&account);
            let expected = known.and_then(|known| sums.remove(&(on, known, stream)));
            let expected = expected.unwrap_or_default();
            let what = || format!("the sum of {account} on {}", date(on));
            same(what, coins(expected, coin), coins(amount, coin))
        };
        asked.for_each(connection, each).await?;
        self.sums.retain(|_, amount| *amount != 0);
        match self.sums.first_key_value() {
            None => Ok(()),
            Some(((on, account, _), amount)) => {
                let what = format!("the sum of {account} on {}", date(*on));
                Err(differs(what, coins(*amount, coin), "none"))
            }
        }
    }

    /// Every member's balances.
    pub(super) async fn compare_balances(
        &mut self,
        connection: &mut Connection,
    ) -> Result<(), Stop> {
        self.compare_buckets(connection).await?;
        self.compare_collected(connection).await
    }

    async fn compare_buckets(&mut self, connection: &mut Connection) -> Result<(), Stop> {
        let coin = self.pool.pool.coin;
        let sql = "SELECT has.member, member.code, has.available, has.frozen, has.vesting, \
             has.in_flight, has.paid, has.receivable FROM member_balance AS has \
             JOIN member ON member.number = has.member WHERE has.pool = $1 ORDER BY has.member";
        let asked = query(sql).bind(self.pool.pool.number.get());
        let (buckets, looked) = (&mut self.expected.buckets, &mut self.looked);
        let each = |row: BalanceRow| {
            looked.balances = looked.balances.saturating_add(1);
            let found = [
                row.available,
                row.frozen,
                row.vesting,
                row.in_flight,
                row.paid,
                row.receivable,
            ];
            let expected = buckets.take(row.member);
            for ((account, expected), found) in BUCKETS.iter().zip(expected).zip(found) {
                let what = || format!("member {}: {account}", row.code);
                same(what, coins(expected, coin), coins(found, coin))?;
            }
            Ok::<(), Stop>(())
        };
        asked.for_each(connection, each).await?;
        let mut left = self.expected.buckets.iter();
        let Some((member, row)) = left.find(|(_, row)| **row != [0; 6]) else {
            return Ok(());
        };
        let bucket = BUCKETS.iter().zip(row).find(|(_, amount)| **amount != 0);
        let (account, amount) = bucket.map_or((Account::Available, 0), |(a, it)| (*a, *it));
        let what = format!("member number {member}: {account}");
        Err(differs(what, coins(amount, coin), "no balance"))
    }

    async fn compare_collected(&mut self, connection: &mut Connection) -> Result<(), Stop> {
        let coin = self.pool.pool.coin;
        let sql = "SELECT stream_balance.stream, stream.name, member.number, member.code, \
             stream_balance.to_transfer FROM stream_balance \
             JOIN stream ON stream.number = stream_balance.stream \
             JOIN member ON member.number = stream_balance.member WHERE stream.pool = $1 \
             ORDER BY stream_balance.stream, stream_balance.member";
        let asked = query(sql).bind(self.pool.pool.number.get());
        let (collected, looked) = (&mut self.expected.collected, &mut self.looked);
        let each = |(stream, name, member, code, found): (i64, String, i64, String, i64)| {
            looked.collected = looked.collected.saturating_add(1);
            let of_stream = collected.get_mut(&StreamNumber(stream));
            let expected = of_stream.map_or(0, |of_stream| of_stream.take(member));
            let what = || format!("member {code}: to_transfer of stream {name}");
            same(what, coins(expected, coin), coins(found, coin))
        };
        asked.for_each(connection, each).await?;
        let of_stream = |paged: &Paged<i64>| {
            let mut left = paged.iter();
            let found = left.find(|(_, amount)| **amount != 0);
            found.map(|(member, amount)| (member, *amount))
        };
        for (stream, paged) in &self.expected.collected {
            if let Some((member, amount)) = of_stream(paged) {
                let name = self.name(*stream);
                let what = format!("member number {member}: to_transfer of stream {name}");
                return Err(differs(what, coins(amount, coin), "no balance"));
            }
        }
        Ok(())
    }
}

fn date(on: i64) -> String {
    day(on).map_or_else(|_| on.to_string(), |day| day.to_string())
}
