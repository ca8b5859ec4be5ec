//! The keys: the contract with the pool, and ours.
//!
//! `P` is the prefix. Facts of the pool's keys are from sammy007/open-ethereum-pool (commit
//! bcfc0eb) and from what it sends; their meaning and member formats never change.
//!
//! | key | type | content | who writes |
//! |---|---|---|---|
//! | `P:miners:<login>` | hash | `balance` payable, `pending` in flight, `paid`, all Shannon; others are not ours to touch; a missing field is 0 | pool; we: these three |
//! | `P:finances` | hash | `balance`, `pending`, `paid`: the sums | pool; we: these three |
//! | `P:payments:lock` | string | a payer's `<login>:<amount>`; ours: `paydirt:<journal>` | a payer |
//! | `P:payments:pending` | zset | unix s → `<login>:<amount>` | a payer |
//! | `P:payments:all` | zset | unix s → `<tx>:<login>:<amount>` | a payer |
//! | `P:payments:<login>` | zset | unix s → `<tx>:<amount>` | a payer |
//! | `P:settings:<login>` | hash | `payoutthreshold` in Shannon; missing or at most 10: the pool's | web pages of forks; read only |
//! | `P:payments:pendingtx`, `P:payments:pendingnonce` | hash | `<login>:<amount>` → transaction, nonce | open-etc-pool's payer; we delete what we resolved |
//! | `P:paydirt:journal` | string | uuid of the journal that this ledger belongs to | we |
//! | `P:paydirt:tokens` | hash | wallet → highest token of its lease that was seen | we |
//! | `P:paydirt:moves` | zset | number → uuid of the move, the newest 10,000 | we |
//! | `P:paydirt:legs` | hash | leg → its mark | we |
//! | `P:paydirt:open` | hash | login → its leg in flight, at most one | we |
//! | `P:paydirt:over` | list | legs that are over, oldest first; their marks go after 45 days by Redis' clock, at most 1000 a move | we |
//! | `P:paydirt:owed` | hash | login → Shannon that it was paid beyond its balance | we |
//! | `P:paydirt:probe` | string | written by a check and with each awaited move, expires | we |
//!
//! A mark is `h|<login>:<amount>|<payment>|<wallet>|<address>|<unix ms>` while the leg is held, and
//! `s|<login>:<amount>|<tx>|<unix ms>` once settled, `r|<login>:<amount>||<unix ms>` once given
//! back, `v|…` if it never was held and never can be (these times by Redis' own clock). `%` and
//! `|` in wallet and address are `%25` and `%7C`.
//!
//! A payer's rows collapse when one login has two equal amounts pending, hence one leg in flight
//! per login, and no hold beside another payer's row of the same login and amount.

/// All keys of one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
}

impl Keys {
    /// The keys under this prefix (open-ethereum-pool's `coin`).
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }

    /// The prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the keys of members begin with: `P:miners:`.
    pub fn miners(&self) -> String {
        self.key("miners:")
    }

    /// A pattern for SCAN that finds all members.
    pub fn miners_pattern(&self) -> String {
        let mut pattern = String::new();
        for letter in self.prefix.chars() {
            if matches!(letter, '*' | '?' | '[' | ']' | '\\') {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern + ":miners:*"
    }

    /// `P:payments:all`
    pub fn all_payments(&self) -> String {
        self.key("payments:all")
    }

    /// `P:paydirt:probe`
    pub fn probe(&self) -> String {
        self.key("paydirt:probe")
    }

    fn key(&self, rest: &str) -> String {
        format!("{}:{rest}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_no_pattern() {
        let keys = Keys::new("e*h[1]");
        assert_eq!(keys.miners_pattern(), "e\\*h\\[1\\]:miners:*");
        assert_eq!(keys.miners(), "e*h[1]:miners:");
    }
}
