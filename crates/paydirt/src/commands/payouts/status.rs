//! `paydirt payouts status`.

use paydirt_app::config::ChainConfig;
use paydirt_app::payouts::{WalletStatus, status};
use paydirt_app::wire::Scope;
use paydirt_ledger::{Leg, LegState, Payment};
use paydirt_money::Coin;
use serde::Serialize;

use super::{Context, coins};
use crate::failure::Exit;
use crate::output::{Cell, Format, Rows, print, print_json};

#[derive(Serialize)]
struct Shown<R: Serialize> {
    rows: R,
    wallets: Vec<Wallet>,
}

#[derive(Serialize)]
struct Wallet {
    wallet: String,
    address: String,
    /// Chain id; nothing before first contact.
    network: Option<String>,
    next_nonce: Option<u64>,
    in_flight: usize,
    paused: Option<String>,
    frozen: Option<String>,
    quarantined: usize,
    open_requests: usize,
}

pub(super) async fn run(it: Context<'_>, scope: &Scope, limit: u32) -> anyhow::Result<Exit> {
    let all = status(it.settings, scope, limit).await?;
    let mut rows = Rows::new([
        "payment",
        "wallet",
        "pool",
        "member",
        "address",
        "amount",
        "coin",
        "state",
        "nonce",
        "transaction",
        "network_fee",
        "planned_at",
    ]);
    for of in &all {
        let coin = it.settings.wallets.get(&of.wallet);
        let coin = coin.and_then(|wallet| it.settings.chains.get(&wallet.chain));
        let coin = coin.map_or(Coin::ETH, ChainConfig::coin);
        for payment in &of.payments {
            push(&mut rows, &of.wallet, payment, coin);
        }
    }
    let wallets: Vec<Wallet> = all.iter().map(wallet).collect();
    let troubled = wallets
        .iter()
        .any(|of| of.paused.is_some() || of.frozen.is_some());
    match it.globals.output() {
        Format::Json => print_json(&Shown {
            rows: rows.list(),
            wallets,
        })?,
        Format::Csv => rows.print(Format::Csv)?,
        Format::Table => {
            wallets.iter().try_for_each(|of| print(&line(of)))?;
            if !rows.is_empty() {
                rows.print(Format::Table)?;
            }
        }
    }
    Ok(if troubled {
        Exit::Attention
    } else {
        Exit::Done
    })
}

fn push(rows: &mut Rows<12>, wallet: &str, payment: &Payment, coin: Coin) {
    let included = payment.included.as_ref().map(|at| at.id.to_string());
    let attempted = || {
        payment
            .attempts
            .iter()
            .rev()
            .find_map(|a| a.signed.id.as_ref())
    };
    let transaction = included.or_else(|| attempted().map(ToString::to_string));
    let mut row = |leg: Option<&Leg>| {
        rows.push([
            payment.id.to_string().into(),
            wallet.into(),
            leg.map(|leg| leg.pool.as_str()).into(),
            leg.map(|leg| leg.member.as_str()).into(),
            leg.map(|leg| leg.address.as_str()).into(),
            leg.map(|leg| leg.amount.to_fixed()).into(),
            coin.to_string().into(),
            state(payment, leg).into(),
            payment.nonce.into(),
            Cell::from(transaction.clone()),
            payment.fee.map(|fee| coins(fee, coin)).into(),
            payment.planned_at.to_string().into(),
        ]);
    };
    match payment.legs.as_slice() {
        [] => row(None),
        legs => legs.iter().for_each(|leg| row(Some(leg))),
    }
}

/// Of a leg that is over how it ended; of the others how far the payment has come.
fn state(payment: &Payment, leg: Option<&Leg>) -> &'static str {
    match leg {
        Some(leg) if leg.state != LegState::Live => leg.state.name(),
        _ => payment.state.name(),
    }
}

fn wallet(of: &WalletStatus) -> Wallet {
    let snapshot = of.snapshot.as_ref();
    let known = snapshot.map(|snapshot| &snapshot.wallet);
    Wallet {
        wallet: of.wallet.clone(),
        address: of.address.clone(),
        network: known.map(|wallet| wallet.opening.identity.network.clone()),
        next_nonce: known.and_then(|wallet| wallet.next_nonce),
        in_flight: snapshot.map_or(0, |snapshot| snapshot.open.len()),
        paused: known.and_then(|wallet| wallet.paused.clone()),
        frozen: known.and_then(|wallet| wallet.frozen.clone()),
        quarantined: snapshot.map_or(0, |snapshot| snapshot.quarantine.len()),
        open_requests: snapshot.map_or(0, |snapshot| snapshot.requests.len()),
    }
}

fn line(of: &Wallet) -> String {
    let Wallet {
        wallet,
        address,
        in_flight,
        quarantined,
        ..
    } = of;
    let mut text = match &of.network {
        None => format!("wallet {wallet} ({address}): no contact yet\n"),
        Some(network) => format!(
            "wallet {wallet} ({address}, network {network}): {in_flight} in flight, {quarantined} \
             in quarantine\n"
        ),
    };
    for (word, reason) in [("paused", &of.paused), ("frozen", &of.frozen)] {
        if let Some(reason) = reason {
            text += &format!(
                "wallet {wallet} is {word}: {reason} \
                 (`paydirt payouts resume --reason …` ends it)\n"
            );
        }
    }
    text
}
