//! Wallets: what was journalled at first contact, and how they stand.

use paydirt_chain::{Address, Identity};
use paydirt_ledger::{JournalError, Wallet, WalletId, WalletOpening};

use crate::codec::{from_json, integer, json, natural, words};
use crate::db::{Connection, Lock, Query, query};
use crate::error::Done;

macro_rules! columns {
    () => {
        "number, id, network, genesis, address, finality, next_nonce, paused, frozen, \
         failed_runs, token, owner, expires_at"
    };
}

/// A wallet with its lease.
#[derive(sqlx::FromRow)]
pub(crate) struct WalletRow {
    pub(crate) number: i64,
    id: String,
    network: String,
    genesis: String,
    address: String,
    finality: String,
    next_nonce: Option<i64>,
    paused: Option<String>,
    frozen: Option<String>,
    failed_runs: i64,
    pub(crate) token: i64,
    pub(crate) owner: Option<String>,
    pub(crate) expires_at: Option<i64>,
}

impl WalletRow {
    pub(crate) fn wallet(&self) -> Done<Wallet> {
        let identity = Identity {
            network: self.network.clone(),
            genesis: self.genesis.clone(),
        };
        let opening = WalletOpening {
            identity,
            address: Address::canonical(&self.address),
            finality: from_json("finality", &self.finality)?,
        };
        Ok(Wallet {
            id: WalletId::new(&self.id),
            opening,
            next_nonce: self
                .next_nonce
                .map(|nonce| natural("nonce", nonce))
                .transpose()?,
            paused: self.paused.clone(),
            frozen: self.frozen.clone(),
            failed_runs: u32::try_from(self.failed_runs)
                .map_err(|_| crate::error::corrupt("failed runs", self.failed_runs))?,
            token: natural("token", self.token)?,
        })
    }
}

/// The wallet's row, to be read.
pub(crate) async fn find(connection: &mut Connection, id: &WalletId) -> Done<WalletRow> {
    let sql = concat!("SELECT ", columns!(), " FROM wallet WHERE id = $1");
    one(query(sql).bind(id.as_str()), connection, id).await
}

/// The wallet's row, locked until the transaction ends: each write begins with it, so that writes
/// of one wallet follow each other.
pub(crate) async fn lock(connection: &mut Connection, id: &WalletId) -> Done<WalletRow> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM wallet WHERE id = $1 FOR UPDATE"
    );
    one(query(sql).bind(id.as_str()), connection, id).await
}

async fn one(query: Query, connection: &mut Connection, id: &WalletId) -> Done<WalletRow> {
    let row = query.fetch_optional(connection).await?;
    row.ok_or_else(|| JournalError::UnknownWallet(id.to_string()).into())
}

pub(crate) async fn all(connection: &mut Connection) -> Done<Vec<Wallet>> {
    let sql = concat!("SELECT ", columns!(), " FROM wallet ORDER BY id");
    let rows: Vec<WalletRow> = query(sql).fetch_all(connection).await?;
    rows.iter().map(WalletRow::wallet).collect()
}

pub(crate) async fn open(connection: &mut Connection, opening: &WalletOpening) -> Done<Wallet> {
    let id = WalletId::of(&opening.identity, &opening.address);
    connection.lock(Lock::Wallets).await?;
    for known in all(connection).await? {
        known.opening.check_unchanged(opening)?;
    }
    query(
        "INSERT INTO wallet (id, network, genesis, address, finality) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id.as_str())
    .bind(&opening.identity.network)
    .bind(&opening.identity.genesis)
    .bind(opening.address.as_str())
    .bind(json("finality", &opening.finality)?)
    .execute(connection)
    .await?;
    find(connection, &id).await?.wallet()
}

/// Stores how the wallet stands; its lease is not touched.
pub(crate) async fn store(connection: &mut Connection, number: i64, wallet: &Wallet) -> Done<()> {
    let nonce = wallet
        .next_nonce
        .map(|nonce| integer("nonce", nonce))
        .transpose()?;
    query(
        "UPDATE wallet SET next_nonce = $2, paused = $3, frozen = $4, failed_runs = $5 \
         WHERE number = $1",
    )
    .bind(number)
    .bind(nonce)
    .bind(wallet.paused.as_deref().map(words))
    .bind(wallet.frozen.as_deref().map(words))
    .bind(wallet.failed_runs)
    .execute(connection)
    .await?;
    Ok(())
}
