//! What a second person confirms: overrides and every difference, as one text.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Change, Correction, MemberChange, OrderChange};

/// Rows that stand in the text by themselves; all of them are in its hash.
const ROWS: usize = 100;

impl Correction {
    /// Exactly what would be done. Whatever comes out otherwise is another text.
    #[must_use]
    pub fn detail(&self) -> Value {
        let changes = |all: &[Change]| -> Vec<Value> {
            let change = |it: &Change| json!([it.what, it.was, it.is]);
            all.iter().map(change).collect()
        };
        let accounts = self.accounts.iter();
        let accounts: Vec<Value> = accounts
            .map(|(account, amount)| json!([account.name(), amount.to_string()]))
            .collect();
        json!({
            "day": self.day,
            "revision": self.revision,
            "corrects": self.corrects,
            "overrides": changes(&self.overrides),
            "figures": changes(&self.figures),
            "accounts": accounts,
            "orders": rows(&self.orders, |it: &OrderChange| {
                let both = |(was, is): &(_, _)| format!("{was} -> {is}");
                json!([it.order, it.member.as_str(), both(&it.gross), both(&it.fee), both(&it.net)])
            }),
            "members": rows(&self.members, |it: &MemberChange| {
                let amounts = [it.vesting, it.to_transfer, it.available, it.receivable];
                json!([it.member.as_str(), amounts.map(|amount| amount.to_string())])
            }),
        })
    }
}

fn rows<T>(all: &[T], row: impl Fn(&T) -> Value) -> Value {
    let mut hash = Sha256::new();
    let mut first = Vec::new();
    for it in all {
        let row = row(it);
        hash.update(row.to_string());
        if first.len() < ROWS {
            first.push(row);
        }
    }
    let hash: String = hash
        .finalize()
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    json!({ "count": all.len(), "sha256": hash, "first": first })
}
