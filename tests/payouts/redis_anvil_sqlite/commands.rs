//! Commands to a wallet, with and without a running owner; Paydirt's own configuration.

use serde_json::{Value, json};

use crate::pool::{Pool, WALLET, by_hand, due, login, quick};

const RUN: &str = "payouts run --once --yes --output json";

/// What `status` says until it is so.
async fn until(pool: &Pool, so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let ran = pool.run("payouts status --output json").await;
        if let Ok(status) = serde_json::from_str(&ran.out())
            && so(&status)
        {
            return status;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn end(mut child: std::process::Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_payment_that_is_cancelled_while_its_owner_runs_ends_as_the_chain_decides() {
    let pool = Pool::with(2, by_hand()).await;
    let (login, amount) = due(2).remove(0);
    let owner = pool.start("payouts run");
    let status = until(&pool, |status| status["rows"][0]["state"] == "saved").await;
    let payment = status["rows"][0]["payment"].as_str().unwrap();
    let line = format!("payouts cancel {payment} --reason mistaken --output json");
    let answer = pool.run(&line).await.json();
    assert_eq!(answer["rows"][0]["done"], true, "{answer}");
    pool.mine_each_second().await;
    let status = until(&pool, |status| status["wallets"][0]["in_flight"] == 0).await;
    let balance = pool.state().await[&format!("eth:miners:{login}")]["balance"].clone();
    match pool.on_chain().await.as_slice() {
        [] => {
            assert_eq!(status["rows"][0]["state"], "released");
            assert_eq!(balance, json!(amount.to_string()));
        }
        _ => {
            pool.assert_paid(&due(2)).await;
            assert_eq!(
                (&status["rows"][0]["state"], &balance),
                (&json!("settled"), &json!("0"))
            );
        }
    }
    end(owner);
}

#[tokio::test]
async fn a_running_owner_carries_out_a_pause_and_a_killed_one_is_not_waited_for() {
    let pool = Pool::with(4, quick()).await;
    let owner = pool.start("payouts run");
    until(&pool, |status| {
        status["rows"]
            .as_array()
            .is_some_and(|rows| !rows.is_empty())
    })
    .await;
    let answer = pool
        .run("payouts pause --reason holidays --output json")
        .await
        .json();
    assert_eq!(answer["rows"][0]["done"], true, "{answer}");
    until(&pool, |status| status["wallets"][0]["paused"].is_string()).await;
    end(owner);
    let answer = pool
        .run("payouts resume --reason back --output json")
        .await
        .json();
    assert_eq!(answer["rows"][0]["done"], true, "{answer}");
    pool.run(RUN).await.json();
    pool.assert_paid(&due(4)).await;
}

#[tokio::test]
async fn an_address_in_quarantine_is_paid_again_once_a_person_has_lifted_it() {
    let pool = Pool::with(1, quick()).await;
    // A contract that reverts whatever it gets.
    let code = json!([login(9), "0x60006000fd"]);
    pool.anvil.rpc("anvil_setCode", code).await.unwrap();
    let key = format!("eth:miners:{}", login(9));
    pool.redis(&["HSET", &key, "balance", "900000000"]).await;
    pool.redis(&["HINCRBY", "eth:finances", "balance", "900000000"])
        .await;
    let summary = pool.run(RUN).await.json();
    assert_eq!(summary["skipped"][0]["member"], login(9));
    let code = json!([login(9), "0x"]);
    pool.anvil.rpc("anvil_setCode", code).await.unwrap();
    assert_eq!(pool.run(RUN).await.json()["tally"]["planned"], 0);
    let line = format!("payouts quarantine lift {} --reason mended", login(9));
    pool.run(&line).await.done();
    assert_eq!(pool.run(&line).await.exit(), 1, "it is not there any more");
    pool.run(RUN).await.json();
    pool.assert_paid(&[(login(9), 900_000_000)]).await;
}

#[tokio::test]
async fn the_database_is_made_by_migrate_and_brought_up_to_date_once() {
    let pool = Pool::with(1, quick()).await;
    let first = pool.run("migrate --output json").await.json();
    assert_eq!(first["rows"][0]["version"], 1);
    assert!(pool.path("paydirt.db").exists());
    assert_eq!(
        pool.run("migrate --output json").await.json(),
        json!({"rows": []})
    );
    assert!(pool.run("migrate").await.done().contains("is up to date"));
    let unknown = pool.run("payouts history --output json").await;
    assert_eq!(unknown.json(), json!({"rows": []}));
}

/// Two pools of one wallet, by Paydirt's own configuration.
fn two_pools(pool: &Pool) -> String {
    let (node, redis) = (pool.anvil.url(), pool.redis.address());
    let of_pool = |name: &str, when: &str| {
        format!(
            "[pool.{name}]\nchain = \"eth\"\nwallet = \"hot\"\nledger = \"redis\"\n\
             redis_url = \"redis://{redis}/0\"\nredis_prefix = \"{name}\"\n\
             [pool.{name}.payouts]\nminimum = \"0.5 ETH\"\n{when}\n"
        )
    };
    format!(
        "time_zone = \"Asia/Shanghai\"\n[chain.eth]\nkind = \"ethereum\"\ncoin = \"ETH\"\n\
         endpoints = [\"{node}\"]\nchain_id = 31337\n\
         [wallet.hot]\nchain = \"eth\"\nsigner = \"env\"\naddress = \"{}\"\n{}{}",
        WALLET.address,
        of_pool("eth", "cron = \"15 0 * * 1-5\""),
        of_pool("etc", "")
    )
}

#[tokio::test]
async fn two_pools_of_one_wallet_are_checked_and_paid_by_a_configuration_of_our_own() {
    let pool = Pool::with(3, quick()).await;
    pool.redis(&[
        "HSET",
        &format!("etc:miners:{}", login(40)),
        "balance",
        "600000000",
    ])
    .await;
    pool.redis(&["HSET", "etc:finances", "balance", "600000000"])
        .await;
    std::fs::write(pool.path("paydirt.toml"), two_pools(&pool)).unwrap();
    let own = |line: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .args(line.split_whitespace())
            .current_dir(pool.path("."))
            .stdin(std::process::Stdio::null())
            .env_clear()
            .env("PAYDIRT_PRIVATE_KEY", WALLET.private_key);
        Pool::finish(command)
    };
    let rows = own("check --output json").await.json()["rows"].to_string();
    for words in [
        "pool eth: schedule",
        "in Asia/Shanghai: next 2",
        "00:15:00 +08:00, 2",
    ] {
        assert!(rows.contains(words), "{words}: {rows}");
    }
    let (code, message) = own("payouts run --pool etc --output json").await.refused(2);
    assert_eq!(code, "usage");
    assert!(
        message.contains("neither a cron nor an interval"),
        "{message}"
    );
    let (_, message) = own("payouts run --pool ect --once --yes --output json")
        .await
        .refused(2);
    assert!(message.contains("name one of: etc, eth"), "{message}");

    own("payouts run --pool etc --once --yes --output json")
        .await
        .json();
    pool.assert_paid(&[(login(40), 600_000_000)]).await;
    own("payouts run --once --yes --output json").await.json();
    let mut all = due(3);
    all.push((login(40), 600_000_000));
    pool.assert_paid(&all).await;
}
