//! Leases: a wallet's single owner. They live in the wallet's row, which every write reads in its
//! own transaction.

use paydirt_ledger::{Acquired, JournalError, Lease};
use paydirt_schedule::Timestamp;

use crate::codec::{instant, integer, natural};
use crate::db::{Connection, query};
use crate::error::Done;
use crate::wallets::{self, WalletRow};

/// The wallet's row, locked, if the lease is still the newest and was not given up.
pub(crate) async fn check(connection: &mut Connection, lease: &Lease) -> Done<WalletRow> {
    let row = wallets::lock(connection, &lease.wallet).await?;
    let newest = natural("token", row.token)?;
    if newest == lease.token && row.owner.as_deref() == Some(lease.owner.as_str()) {
        return Ok(row);
    }
    Err(JournalError::Fenced {
        ours: lease.token,
        newest,
    }
    .into())
}

/// `row` is locked, and `now` was read after it was: to wait for a lock takes time.
pub(crate) async fn acquire(
    connection: &mut Connection,
    row: WalletRow,
    owner: &str,
    evict: Option<&str>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Done<Acquired> {
    let holder = row.owner.as_deref().zip(row.expires_at.map(instant));
    let live = holder.filter(|(holder, until)| *until > now && evict != Some(*holder));
    let token = match live {
        Some((holder, expires_at)) if holder != owner => {
            return Ok(Acquired::HeldBy {
                owner: holder.to_owned(),
                expires_at,
            });
        }
        Some(_) => natural("token", row.token)?,
        None => row.wallet()?.next_token()?,
    };
    query("UPDATE wallet SET token = $2, owner = $3, expires_at = $4 WHERE number = $1")
        .bind(row.number)
        .bind(integer("token", token)?)
        .bind(owner)
        .bind(expires_at)
        .execute(connection)
        .await?;
    Ok(Acquired::Granted(Lease {
        wallet: row.wallet()?.id,
        owner: owner.to_owned(),
        token,
    }))
}

pub(crate) async fn renew(
    connection: &mut Connection,
    row: &WalletRow,
    expires_at: Timestamp,
) -> Done<()> {
    query("UPDATE wallet SET expires_at = $2 WHERE number = $1")
        .bind(row.number)
        .bind(expires_at)
        .execute(connection)
        .await?;
    Ok(())
}

/// Does nothing when the lease is another one's by now.
pub(crate) async fn give_up(connection: &mut Connection, lease: &Lease) -> Done<()> {
    query(
        "UPDATE wallet SET owner = NULL, expires_at = NULL \
         WHERE id = $1 AND token = $2 AND owner = $3",
    )
    .bind(lease.wallet.as_str())
    .bind(integer("token", lease.token)?)
    .bind(&lease.owner)
    .execute(connection)
    .await?;
    Ok(())
}
