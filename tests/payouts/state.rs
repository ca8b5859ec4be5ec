//! All keys of a Redis, and what open-ethereum-pool's own payer would have made of them.

use std::collections::BTreeMap;

use paydirt_testkit::RedisServer;
use serde_json::Value;

/// Every key's content: a text, a hash as field to value, or a sorted set as member to score; of
/// others, which the pool has none of, the type.
pub(crate) type State = BTreeMap<String, Value>;

const DUMP: &str = r"
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    local kind = redis.call('TYPE', key).ok
    if kind == 'string' then
        all[key] = redis.call('GET', key)
    elseif kind == 'hash' or kind == 'zset' then
        local hash = kind == 'hash'
        local flat = hash and redis.call('HGETALL', key)
            or redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        local content = {}
        for at = 1, #flat, 2 do content[flat[at]] = flat[at + 1] end
        all[key] = content
    else
        all[key] = kind
    end
end
return cjson.encode(all)";

/// Everything in the server's database.
pub(crate) async fn dump(redis: &RedisServer) -> State {
    let text = redis.command(&["EVAL", DUMP, "0"]).await.unwrap();
    assert!(text.starts_with('{'), "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Without what is ours.
pub(crate) fn of_the_pool(mut state: State) -> State {
    state.retain(|key, _| !key.starts_with("eth:paydirt:"));
    state
}

/// One payment: login, Shannon, transaction.
pub(crate) type Paid = (String, i64, String);

/// What the original would have left after paying these from `before`: its moves as recorded on the
/// wire (tests/vectors/open-ethereum-pool/wire-of-one-payout.txt). Scores, which are the time of
/// recording, are taken from `after`, where both keys of a payment must have the same.
pub(crate) fn paid_by_the_original(before: &State, paid: &[Paid], after: &State) -> State {
    let mut state = before.clone();
    for (login, amount, transaction) in paid {
        for key in [format!("eth:miners:{login}"), "eth:finances".to_owned()] {
            add(&mut state, &key, "balance", -amount);
            add(&mut state, &key, "pending", 0);
            add(&mut state, &key, "paid", *amount);
        }
        record(&mut state, login, *amount, transaction, after);
    }
    state
}

/// What it would have left after recording pending rows as paid.
pub(crate) fn recorded_by_the_original(before: &State, paid: &[Paid], after: &State) -> State {
    let mut state = before.clone();
    for (login, amount, transaction) in paid {
        for key in [format!("eth:miners:{login}"), "eth:finances".to_owned()] {
            add(&mut state, &key, "pending", -amount);
            add(&mut state, &key, "paid", *amount);
        }
        record(&mut state, login, *amount, transaction, after);
        remove_pending(&mut state, login, *amount);
    }
    state
}

/// What it would have left after rolling a pending row back.
pub(crate) fn rolled_back_by_the_original(before: &State, login: &str, amount: i64) -> State {
    let mut state = before.clone();
    for key in [format!("eth:miners:{login}"), "eth:finances".to_owned()] {
        add(&mut state, &key, "balance", amount);
        add(&mut state, &key, "pending", -amount);
    }
    remove_pending(&mut state, login, amount);
    state
}

fn record(state: &mut State, login: &str, amount: i64, transaction: &str, after: &State) {
    let (all, own) = ("eth:payments:all", format!("eth:payments:{login}"));
    let in_all = format!("{transaction}:{login}:{amount}");
    let in_own = format!("{transaction}:{amount}");
    let score = after[all][&in_all].clone();
    assert!(score.is_string(), "{in_all} is not in {all}");
    assert_eq!(score, after[&own][&in_own], "{in_own} in {own}");
    for (key, member) in [(all.to_owned(), in_all), (own, in_own)] {
        state
            .entry(key)
            .or_insert_with(|| Value::Object(Default::default()))[member] = score.clone();
    }
}

fn add(state: &mut State, key: &str, field: &str, by: i64) {
    let hash = state.get_mut(key).unwrap();
    let now: i64 = hash[field].as_str().map_or(0, |text| text.parse().unwrap());
    hash[field] = Value::String((now + by).to_string());
}

/// Redis has no empty sorted set.
fn remove_pending(state: &mut State, login: &str, amount: i64) {
    let key = "eth:payments:pending";
    let rows = state.get_mut(key).unwrap().as_object_mut().unwrap();
    rows.remove(&format!("{login}:{amount}")).unwrap();
    if rows.is_empty() {
        state.remove(key);
    }
}
