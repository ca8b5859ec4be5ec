//! Who is due.

use paydirt_ledger::Ledger;
use paydirt_testkit::RedisProxy;

use super::pool::{Pool, ledger, leg, login, settlement, shannon};

#[tokio::test]
async fn only_what_is_above_the_members_threshold_is_due() {
    let members = [
        ("0xat", 500),
        ("0xabove", 501),
        ("0xnone", 0),
        ("0xown", 900),
        ("0xlow", 200),
    ];
    let mut pool = Pool::with(&members).await;
    pool.do_raw(&["HSET", "eth:settings:0xown", "payoutthreshold", "900"])
        .await;
    pool.do_raw(&["HSET", "eth:settings:0xlow", "payoutthreshold", "199"])
        .await;
    pool.do_raw(&["HSET", "eth:settings:0xabove", "payoutthreshold", "10"])
        .await;
    pool.do_raw(&["HSET", "eth:settings:0xat", "email", "x"])
        .await;
    pool.do_raw(&["HSET", "eth:miners:0xfresh", "lastShare", "1"])
        .await;
    let found = pool.ledger.payable(shannon(500)).await.unwrap();
    let due: Vec<_> = found
        .due
        .iter()
        .map(|d| (d.member.as_str(), d.address.as_str(), d.amount))
        .collect();
    assert_eq!(
        due,
        [
            ("0xabove", "0xabove", shannon(501)),
            ("0xlow", "0xlow", shannon(200))
        ]
    );
    assert_eq!((found.bad.len(), found.below), (0, 2));
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_stops_nobody_else() {
    let mut pool = Pool::with(&[("0xGood", 501)]).await;
    for value in ["1.5", "", "abc", "99999999999999999999", "-1", "0600"] {
        pool.do_raw(&[
            "HSET",
            &format!("eth:miners:0xbad{value}"),
            "balance",
            value,
        ])
        .await;
    }
    pool.do_raw(&["SET", "eth:miners:0xtype", "501"]).await;
    pool.do_raw(&["HSET", "eth:miners:0xa:stats", "balance", "501"])
        .await;
    pool.do_raw(&["HSET", "eth:miners:", "balance", "501"])
        .await;
    pool.do_raw(&["HSET", "eth:miners:all", "balance", "501"])
        .await;
    pool.do_raw(&["HSET", "eth:miners:0xset", "balance", "501"])
        .await;
    pool.do_raw(&["HSET", "eth:settings:0xset", "payoutthreshold", "much"])
        .await;
    redis::cmd("HSET")
        .arg(b"eth:miners:\xff\xfe")
        .arg("balance")
        .arg("501")
        .exec_async(&mut pool.raw)
        .await
        .unwrap();
    let found = pool.ledger.payable(shannon(500)).await.unwrap();
    assert_eq!(found.due.len(), 1);
    assert_eq!(found.due[0].member.as_str(), "0xGood");
    assert_eq!(found.bad.len(), 12, "{:#?}", found.bad);
    let negative = found
        .bad
        .iter()
        .find(|b| b.member.as_str() == "0xbad-1")
        .unwrap();
    assert!(
        negative.reason.contains("below nothing"),
        "{}",
        negative.reason
    );
}

#[tokio::test]
async fn a_run_of_a_thousand_payees_takes_at_most_ten_round_trips() {
    let logins: Vec<String> = (0..1000).map(login).collect();
    let members: Vec<(&str, i64)> = logins.iter().map(|l| (l.as_str(), 600)).collect();
    let mut pool = Pool::with(&members).await;
    pool.do_raw(&["SCRIPT", "FLUSH"]).await;
    let proxy = RedisProxy::start(pool.server.address()).await.unwrap();
    let through = ledger(proxy.url());
    let due = through.payable(shannon(500)).await.unwrap().due;
    assert_eq!(due.len(), 1000);
    assert!(due.is_sorted_by_key(|d| d.member.clone()));
    let legs: Vec<_> = due.iter().map(|d| leg(d.member.as_str(), 600)).collect();
    through.lock(&pool.context()).await.unwrap();
    let payments = super::pool::singly(&legs);
    let moved = through.hold(&pool.context(), &payments).await.unwrap();
    let _ = pool.learn(moved);
    let ids: Vec<_> = legs.iter().map(|l| l.id).collect();
    through
        .look(pool.journal, pool.known.as_ref(), &ids)
        .await
        .unwrap();
    let done: Vec<_> = legs.iter().map(settlement).collect();
    let moved = through.settle(&pool.context(), &done).await.unwrap();
    let _ = pool.learn(moved);
    assert!(through.unlock(&pool.context()).await.unwrap());
    assert_eq!(proxy.commands("EVAL"), 1, "the script is sent once");
    assert!(
        proxy.round_trips() <= 10,
        "{} round trips",
        proxy.round_trips()
    );
}
