//! The history: what happened, when and why. It is only ever added to.

use paydirt_ledger::draft::Line;
use paydirt_ledger::{HistoryEntry, PaymentId, WalletId};
use paydirt_schedule::Timestamp;

use crate::codec::{instant, natural, parsed, words};
use crate::db::{Connection, Many, many, query};
use crate::error::Done;

#[derive(sqlx::FromRow)]
struct LineRow {
    seq: i64,
    at: i64,
    wallet: String,
    payment: Option<String>,
    event: String,
    detail: String,
}

impl LineRow {
    fn entry(self) -> Done<HistoryEntry> {
        Ok(HistoryEntry {
            seq: natural("seq", self.seq)?,
            at: instant(self.at),
            wallet: WalletId::new(self.wallet),
            payment: self.payment.map(|id| parsed("payment", &id)).transpose()?,
            event: self.event,
            detail: self.detail,
        })
    }
}

pub(crate) async fn add(
    connection: &mut Connection,
    wallet: i64,
    at: Timestamp,
    lines: &[Line],
) -> Done<()> {
    let insert = Many {
        before: "INSERT INTO history (at, wallet, payment, event, detail)",
        after: "",
    };
    many(connection, &insert, lines, |line, values| {
        values.extend([
            at.into(),
            wallet.into(),
            line.payment.map(|id| id.to_string()).into(),
            line.event.into(),
            words(&line.detail).into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}

/// All of a payment's lines, or the newest of a wallet; oldest first.
pub(crate) async fn read(
    connection: &mut Connection,
    wallet: &WalletId,
    payment: Option<PaymentId>,
    limit: u32,
) -> Done<Vec<HistoryEntry>> {
    let rows: Vec<LineRow> = match payment {
        Some(id) => {
            query(
                "SELECT seq, at, wallet.id AS wallet, payment, event, detail \
                 FROM history JOIN wallet ON wallet.number = history.wallet \
                 WHERE payment = $2 AND wallet.id = $1 ORDER BY seq DESC",
            )
            .bind(wallet.as_str())
            .bind(id.to_string())
            .fetch_all(connection)
            .await?
        }
        None => {
            query(
                "SELECT seq, at, wallet.id AS wallet, payment, event, detail \
                 FROM history JOIN wallet ON wallet.number = history.wallet \
                 WHERE wallet.id = $1 ORDER BY seq DESC LIMIT $2",
            )
            .bind(wallet.as_str())
            .bind(limit)
            .fetch_all(connection)
            .await?
        }
    };
    rows.into_iter().rev().map(LineRow::entry).collect()
}
