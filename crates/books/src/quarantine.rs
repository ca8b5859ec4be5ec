//! Addresses that are not paid until a person lifts it.

use std::collections::BTreeMap;

use paydirt_ledger::{MemberId, PoolId, Quarantine};

use crate::codec::{instant, json};
use crate::error::Done;
use crate::sqlite::{Connection, chunks};

pub(crate) async fn all(connection: &mut Connection) -> Done<Vec<Quarantine>> {
    let sql = "SELECT pool, member, address, reason, since FROM quarantine ORDER BY pool, member";
    let rows: Vec<(String, String, String, String, i64)> =
        sqlx::query_as(sql).fetch_all(connection).await?;
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
    let put: Vec<&Quarantine> = changes.values().flatten().collect();
    chunks(connection, 5, &put, |statement, rows| {
        statement.push("INSERT INTO quarantine (pool, member, address, reason, since) ");
        statement.push_values(rows, |mut row, quarantine| {
            row.push_bind(quarantine.pool.as_str())
                .push_bind(quarantine.member.as_str())
                .push_bind(quarantine.address.as_str())
                .push_bind(quarantine.reason.as_str())
                .push_bind(quarantine.since.as_ms());
        });
        statement.push(
            " ON CONFLICT (pool, member) DO UPDATE SET address = excluded.address, \
             reason = excluded.reason, since = excluded.since",
        );
    })
    .await?;
    let lifted: Vec<_> = changes
        .iter()
        .filter(|(_, change)| change.is_none())
        .collect();
    if !lifted.is_empty() {
        let keys: Vec<_> = lifted
            .iter()
            .map(|((pool, member), _)| [pool.as_str(), member.as_str()])
            .collect();
        sqlx::query(
            "DELETE FROM quarantine WHERE (pool, member) IN \
             (SELECT value ->> 0, value ->> 1 FROM json_each($1))",
        )
        .bind(json("keys", &keys)?)
        .execute(connection)
        .await?;
    }
    Ok(())
}
