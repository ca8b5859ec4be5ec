//! Addresses that are not paid until a person lifts it.

use std::collections::BTreeMap;

use paydirt_ledger::{MemberId, PoolId, Quarantine};

use crate::codec::{instant, words};
use crate::db::{Connection, Many, many, pairs, query};
use crate::error::Done;

pub(crate) async fn all(connection: &mut Connection) -> Done<Vec<Quarantine>> {
    let sql = "SELECT pool, member, address, reason, since FROM quarantine ORDER BY pool, member";
    let rows: Vec<(String, String, String, String, i64)> = query(sql).fetch_all(connection).await?;
    let quarantine = rows
        .into_iter()
        .map(|(pool, member, address, reason, since)| Quarantine {
            pool: PoolId::new(pool),
            member: MemberId::new(member),
            address,
            reason,
            since: instant(since),
        });
    Ok(quarantine.collect())
}

pub(crate) async fn store(
    connection: &mut Connection,
    changes: &BTreeMap<(PoolId, MemberId), Option<Quarantine>>,
) -> Done<()> {
    let upsert = Many {
        before: "INSERT INTO quarantine (pool, member, address, reason, since)",
        after: " ON CONFLICT (pool, member) DO UPDATE SET address = excluded.address, \
                reason = excluded.reason, since = excluded.since",
    };
    let put = changes.values().flatten();
    many(connection, &upsert, put, |quarantine, values| {
        values.extend([
            quarantine.pool.as_str().into(),
            quarantine.member.as_str().into(),
            words(&quarantine.address).into(),
            words(&quarantine.reason).into(),
            quarantine.since.into(),
        ]);
        Ok(())
    })
    .await?;
    let lifted: Vec<_> = changes
        .iter()
        .filter(|(_, change)| change.is_none())
        .map(|((pool, member), _)| (pool.as_str(), member.as_str()))
        .collect();
    if !lifted.is_empty() {
        query("DELETE FROM quarantine WHERE (pool, member) IN PAIRS($1)")
            .bind(pairs(lifted))
            .execute(connection)
            .await?;
    }
    Ok(())
}
