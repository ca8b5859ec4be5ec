//! Who is due: `P:miners:*` by SCAN, each step with the balances and thresholds that it found.

use std::collections::BTreeMap;

use paydirt_ledger::{BadEntry, LedgerError, LegSource, MemberId, Payable, Payables};
use paydirt_money::{Amount, Coin};
use redis::Value;

use crate::arguments::Arguments;
use crate::fault::odd_reply;
use crate::keys::Keys;
use crate::mark::units_of;
use crate::reply::{list, text};
use crate::wire::{Kind, Wire};

/// Keys that Redis looks at in one step: some milliseconds if all are members.
const SCAN_COUNT: u32 = 5_000;
/// A threshold up to this many Shannon is none (as the forks with `P:settings:` have it).
const NO_THRESHOLD: i64 = 10;

pub(crate) async fn payable(
    wire: &Wire,
    keys: &Keys,
    minimum: Amount,
    coin: Coin,
) -> Result<Payables, LedgerError> {
    let minimum = minimum.checked_add(Amount::zero(coin))?.units();
    let mut found = Payables::default();
    for (key, entry) in entries(wire, keys, coin).await? {
        let login = match login_of(&key, keys) {
            Ok(login) => login,
            Err(bad) => {
                found.bad.push(bad);
                continue;
            }
        };
        let member = MemberId::new(login.as_str());
        match judge(&entry, minimum) {
            Ok(Verdict::Due(units)) => {
                let amount = Amount::from_units(units, coin);
                found.due.push(Payable {
                    member,
                    address: login,
                    amount,
                    source: LegSource::Threshold,
                });
            }
            Ok(Verdict::Below) => found.below = found.below.saturating_add(1),
            Ok(Verdict::Nothing) => {}
            Err(reason) => found.bad.push(bad(member, reason)),
        }
    }
    Ok(found)
}

fn bad(member: MemberId, reason: String) -> BadEntry {
    BadEntry {
        member,
        source: LegSource::Threshold,
        reason,
    }
}

/// What Redis has of a member; `None` where there is nothing.
struct Entry {
    balance: Option<Vec<u8>>,
    threshold: Option<Vec<u8>>,
    owed: Option<Vec<u8>>,
    /// A key that is no hash.
    trouble: Option<Vec<u8>>,
}

enum Verdict {
    Due(i64),
    Below,
    Nothing,
}

fn judge(entry: &Entry, minimum: i64) -> Result<Verdict, String> {
    if let Some(key) = &entry.trouble {
        let key = String::from_utf8_lossy(key);
        return Err(format!(
            "the key {key} is no hash; remove or rename it in Redis"
        ));
    }
    let read =
        |text: &Option<Vec<u8>>, what| text.as_ref().map(|text| whole(text, what)).transpose();
    let balance = read(&entry.balance, "its balance")?.unwrap_or(0);
    if balance < 0 {
        return Err(format!(
            "its balance is {balance}, below nothing; find out why and correct it in Redis"
        ));
    }
    if balance == 0 {
        return Ok(Verdict::Nothing);
    }
    let threshold = match read(&entry.threshold, "its payoutthreshold")? {
        Some(own) if own > NO_THRESHOLD => own,
        _ => minimum,
    };
    let owed = read(&entry.owed, "what it owes")?.unwrap_or(0);
    // Above, not at it: as open-ethereum-pool's `reachedThreshold`.
    match balance.checked_sub(owed) {
        Some(amount) if amount > threshold && amount > 0 => Ok(Verdict::Due(amount)),
        _ => Ok(Verdict::Below),
    }
}

fn whole(bytes: &[u8], what: &str) -> Result<i64, String> {
    let text = String::from_utf8_lossy(bytes);
    units_of(&text).ok_or_else(|| {
        format!(
            "{what} is {text:?}, no whole number of Shannon within 64 bits; correct it in Redis"
        )
    })
}

fn login_of(key: &[u8], keys: &Keys) -> Result<String, BadEntry> {
    let shown = String::from_utf8_lossy(key).into_owned();
    let bad = |reason: String| bad(MemberId::new(shown.clone()), reason);
    let text = std::str::from_utf8(key).map_err(|_| bad("its key is no text (UTF-8)".into()))?;
    let login = text.strip_prefix(&keys.miners()).unwrap_or_default();
    match login {
        "" => Err(bad("its key has no login".into())),
        "all" | "lock" | "pending" | "pendingtx" | "pendingnonce" => Err(bad(
            "its payments would be written to a key with another meaning".into(),
        )),
        _ if login.contains(':') => Err(bad("its login has a colon, so the key is not one".into())),
        _ => Ok(login.to_owned()),
    }
}

/// All members, by the bytes of their keys: SCAN may name one twice.
async fn entries(
    wire: &Wire,
    keys: &Keys,
    coin: Coin,
) -> Result<BTreeMap<Vec<u8>, Entry>, LedgerError> {
    let odd = || odd_reply("SCAN");
    let mut found = BTreeMap::new();
    let mut cursor = "0".to_owned();
    loop {
        let mut words = Arguments::reading("payable", keys, None, None, coin);
        words.push(&cursor);
        words.push(keys.miners_pattern());
        words.push(SCAN_COUNT);
        let reply = wire.run(words.words(), Kind::Read, &keys.probe()).await?;
        let mut parts = list(reply)?.into_iter();
        cursor = text(parts.next())?;
        let mut flat = list(parts.next().ok_or_else(odd)?)?.into_iter();
        while let Some(key) = flat.next() {
            let key = bytes(Some(key))?.ok_or_else(odd)?;
            let entry = Entry {
                balance: bytes(flat.next())?,
                threshold: bytes(flat.next())?,
                owed: bytes(flat.next())?,
                trouble: bytes(flat.next())?,
            };
            found.insert(key, entry);
        }
        if cursor == "0" {
            return Ok(found);
        }
    }
}

fn bytes(value: Option<Value>) -> Result<Option<Vec<u8>>, LedgerError> {
    match value {
        Some(Value::BulkString(bytes)) => Ok(Some(bytes)),
        Some(Value::Nil) => Ok(None),
        _ => Err(odd_reply("SCAN")),
    }
}
