//! What open-ethereum-pool's own payer left: looked at, and resolved by the chain's evidence.

use serde_json::{Value, json};

use crate::pool::{Pool, WALLET, balance, by_hand, login, quick};
use crate::state::{State, of_the_pool, recorded_by_the_original, rolled_back_by_the_original};

/// The original's debit of a member's whole balance, and its row.
async fn debit(pool: &Pool, n: usize) -> i64 {
    let amount = balance(n);
    let (plus, minus) = (amount.to_string(), (-amount).to_string());
    for key in [
        format!("eth:miners:{}", login(n)),
        "eth:finances".to_owned(),
    ] {
        pool.redis(&["HINCRBY", &key, "balance", &minus]).await;
        pool.redis(&["HINCRBY", &key, "pending", &plus]).await;
    }
    let now = pool.redis.command(&["TIME"]).await.unwrap();
    let now = now.lines().nth(2).unwrap().trim().to_owned();
    let row = format!("{}:{amount}", login(n));
    pool.redis(&["ZADD", "eth:payments:pending", &now, &row])
        .await;
    amount
}

/// The original's payment of it, by the node's own key.
async fn send(pool: &Pool, n: usize) -> String {
    let wei = u128::try_from(balance(n)).unwrap() * 1_000_000_000;
    let transfer = json!([{"from": WALLET.address, "to": login(n), "value": format!("{wei:#x}")}]);
    let id = pool
        .anvil
        .rpc("eth_sendTransaction", transfer)
        .await
        .unwrap();
    id.as_str().unwrap().to_owned()
}

async fn dry_run(pool: &Pool) -> Value {
    let before = of_the_pool(pool.state().await);
    let nonce = pool.nonce().await;
    let shown = pool
        .run("payouts resolve --dry-run --output json")
        .await
        .json();
    assert_eq!(of_the_pool(pool.state().await), before);
    assert_eq!(pool.nonce().await, nonce);
    shown
}

async fn resolved(pool: &Pool) -> (Value, State) {
    let shown = pool.run("payouts resolve --yes --output json").await.json();
    (shown, pool.state().await)
}

#[tokio::test]
async fn a_row_whose_payment_is_on_chain_is_recorded() {
    let pool = Pool::with(4, by_hand()).await;
    let amount = debit(&pool, 1).await;
    let id = send(&pool, 1).await;
    pool.mine(5).await;
    pool.mine_each_second().await;
    let before = of_the_pool(pool.state().await);
    let row = dry_run(&pool).await["rows"][0].clone();
    assert_eq!(row["found"], "paid, final");
    assert_eq!(row["transaction"], id.as_str());
    let (shown, after) = resolved(&pool).await;
    assert_eq!(shown["rows"][0]["resolution"], "recorded as paid");
    let paid = [(login(1), amount, id)];
    assert_eq!(
        of_the_pool(after.clone()),
        recorded_by_the_original(&before, &paid, &after)
    );
}

#[tokio::test]
async fn a_row_whose_payment_is_in_a_mempool_ends_as_the_chain_decides() {
    let pool = Pool::with(4, by_hand()).await;
    let amount = debit(&pool, 1).await;
    let id = send(&pool, 1).await;
    let before = of_the_pool(pool.state().await);
    assert_eq!(
        dry_run(&pool).await["rows"][0]["found"],
        "not mined, may be pending"
    );
    pool.mine_each_second().await;
    let (shown, after) = resolved(&pool).await;
    let expected = match pool.on_chain().await.as_slice() {
        [] => {
            assert_eq!(shown["rows"][0]["resolution"], "credited back");
            rolled_back_by_the_original(&before, &login(1), amount)
        }
        paid => {
            assert_eq!(paid, [(login(1), amount, id)]);
            assert_eq!(shown["rows"][0]["resolution"], "recorded as paid");
            recorded_by_the_original(&before, paid, &after)
        }
    };
    assert_eq!(of_the_pool(after), expected);
}

#[tokio::test]
async fn a_row_that_was_never_sent_is_credited_back_after_its_nonce_is_used_up() {
    let pool = Pool::with(4, quick()).await;
    let amount = debit(&pool, 1).await;
    let before = of_the_pool(pool.state().await);
    assert_eq!(dry_run(&pool).await["rows"][0]["found"], "not on the chain");
    let (shown, after) = resolved(&pool).await;
    assert_eq!(shown["rows"][0]["resolution"], "credited back");
    assert_eq!(pool.nonce().await, 1, "the next nonce was used up");
    assert_eq!(pool.on_chain().await, []);
    assert_eq!(
        of_the_pool(after),
        rolled_back_by_the_original(&before, &login(1), amount)
    );
}

#[tokio::test]
async fn a_lock_alone_is_removed() {
    let pool = Pool::with(4, quick()).await;
    let before = of_the_pool(pool.state().await);
    pool.redis(&["SET", "eth:payments:lock", &format!("{}:7", login(1))])
        .await;
    assert_eq!(dry_run(&pool).await["locks"][0]["removed"], false);
    let (shown, after) = resolved(&pool).await;
    assert_eq!(shown["locks"][0]["removed"], true);
    assert_eq!(of_the_pool(after), before);
}

#[tokio::test]
async fn paid_and_unpaid_rows_and_a_lock_together() {
    let pool = Pool::with(8, by_hand()).await;
    let (one, two) = (debit(&pool, 1).await, debit(&pool, 2).await);
    let id = send(&pool, 1).await;
    pool.mine(5).await;
    pool.mine_each_second().await;
    let before = of_the_pool(pool.state().await);
    pool.redis(&["SET", "eth:payments:lock", &format!("{}:{two}", login(2))])
        .await;
    dry_run(&pool).await;
    let (shown, after) = resolved(&pool).await;
    assert_eq!(shown["locks"][0]["removed"], true);
    let paid = [(login(1), one, id)];
    let expected = recorded_by_the_original(&before, &paid, &after);
    let expected = rolled_back_by_the_original(&expected, &login(2), two);
    assert_eq!(of_the_pool(after), expected);
    pool.run("payouts run --once --yes").await.done();
}

#[tokio::test]
async fn the_originals_own_variable_resolves_in_its_words_and_stops() {
    let pool = Pool::with(4, quick()).await;
    let amount = debit(&pool, 1).await;
    pool.redis(&[
        "SET",
        "eth:payments:lock",
        &format!("{}:{amount}", login(1)),
    ])
    .await;
    let command = || {
        let mut command = pool.command("payouts run");
        command.env("RESOLVE_PAYOUT", "1");
        command
    };
    let said = Pool::finish(command()).await.done();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "Will credit back following balances:");
    let row = format!("\tAddress: {}, Amount: {amount} Shannon, 2", login(1));
    assert!(lines[1].starts_with(&row), "{said}");
    assert_eq!(
        lines[2],
        format!("Credited {amount} Shannon back to {}", login(1))
    );
    assert_eq!(lines[3..], ["Payouts unlocked"]);
    assert_eq!(
        pool.on_chain().await,
        [],
        "it stopped without paying anybody"
    );
    let said = Pool::finish(command()).await.done();
    assert_eq!(said, "No pending payments to resolve\nPayouts unlocked\n");
}
