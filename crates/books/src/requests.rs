//! What commands ask of the running owner of a wallet.

use paydirt_ledger::{Answer, Request, RequestId, WalletId};

use crate::codec::{from_json, instant, json, parsed, words};
use crate::db::{Connection, Many, ids, many, query};
use crate::error::Done;

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT request.id, wallet.id AS wallet, kind, asked_by, reason, posted_at, done, \
             message, answered_at FROM request JOIN wallet ON wallet.number = request.wallet ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    id: String,
    wallet: String,
    kind: String,
    asked_by: String,
    reason: String,
    posted_at: i64,
    done: Option<i64>,
    message: Option<String>,
    answered_at: Option<i64>,
}

impl RequestRow {
    fn request(self) -> Done<Request> {
        let answer = match (self.done, self.message, self.answered_at) {
            (Some(done), Some(message), Some(at)) => Some(Answer {
                done: done == 1,
                message,
                at: instant(at),
            }),
            _ => None,
        };
        Ok(Request {
            id: parsed("request", &self.id)?,
            wallet: WalletId::new(self.wallet),
            kind: from_json("request", &self.kind)?,
            by: self.asked_by,
            reason: self.reason,
            posted_at: instant(self.posted_at),
            answer,
        })
    }
}

fn all(rows: Vec<RequestRow>) -> Done<Vec<Request>> {
    rows.into_iter().map(RequestRow::request).collect()
}

/// Without an answer, oldest first.
pub(crate) async fn open(connection: &mut Connection, wallet: i64) -> Done<Vec<Request>> {
    let sql = select!("WHERE request.wallet = $1 AND done IS NULL ORDER BY request.number");
    all(query(sql).bind(wallet).fetch_all(connection).await?)
}

pub(crate) async fn by_ids<'a>(
    connection: &mut Connection,
    wanted: impl IntoIterator<Item = &'a RequestId>,
) -> Done<Vec<Request>> {
    let list = ids(wanted);
    if list == "[]" {
        return Ok(Vec::new());
    }
    let sql = select!("WHERE request.id IN TEXTS($1)");
    all(query(sql).bind(list).fetch_all(connection).await?)
}

pub(crate) async fn post(connection: &mut Connection, wallet: i64, request: &Request) -> Done<()> {
    query(
        "INSERT INTO request (id, wallet, kind, asked_by, reason, posted_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(request.id.to_string())
    .bind(wallet)
    .bind(json("request", &request.kind)?)
    .bind(words(&request.by))
    .bind(words(&request.reason))
    .bind(request.posted_at)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn answer(connection: &mut Connection, answered: &[Request]) -> Done<()> {
    let rows: Vec<_> = answered
        .iter()
        .filter_map(|r| Some((r.id.to_string(), r.answer.as_ref()?)))
        .collect();
    let update = Many {
        before: "UPDATE request SET done = new.column2, message = new.column3, \
                 answered_at = new.column4 FROM (",
        after: ") AS new WHERE request.id = new.column1",
    };
    many(connection, &update, rows, |(id, answer), values| {
        values.extend([
            id.into(),
            answer.done.into(),
            words(&answer.message).into(),
            answer.at.into(),
        ]);
        Ok(())
    })
    .await?;
    Ok(())
}
