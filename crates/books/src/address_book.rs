//! The address book: from when on an address may be paid.
//!
//! The first address that a member ever has in a pool can be used at once. Every other one waits:
//! who got hold of a member's account must not be paid before the member sees the new address.
//! One that is there already keeps its time when it becomes the newest again.

use std::collections::BTreeSet;

use paydirt_schedule::Timestamp;

use crate::db::query;
use crate::numbers::{MemberNumber, PoolNumber};
use crate::pools::LockedPool;
use crate::{BooksError, Session};

/// Members looked for in one statement.
const AT_ONCE: usize = 10_000;

impl Session {
    /// Which of these members have, or had, an address in this pool.
    ///
    /// # Errors
    /// `Database`.
    pub async fn had_addresses(
        &mut self,
        pool: PoolNumber,
        members: impl IntoIterator<Item = MemberNumber>,
    ) -> Result<BTreeSet<MemberNumber>, BooksError> {
        let members: Vec<i64> = members.into_iter().map(MemberNumber::get).collect();
        let mut found = BTreeSet::new();
        for some in members.chunks(AT_ONCE) {
            let sql = "SELECT DISTINCT member FROM member_address \
                       WHERE pool = $1 AND member IN NUMBERS($2)";
            let asked = query(sql).bind(pool.get()).bind(format!("{some:?}"));
            let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
            found.extend(rows.into_iter().map(|(member,)| MemberNumber(member)));
        }
        Ok(found)
    }

    /// Adds an address of one member, in the canonical text of the pool's chain, and returns from
    /// when on it may be paid: at once if it is the member's first in this pool, else after the
    /// cool-down (milliseconds). The pool is locked, so that of two at once only one is the first.
    ///
    /// # Errors
    /// `Constraint` when the member has it already; `Database`.
    pub async fn add_address_after(
        &mut self,
        locked: &LockedPool,
        member: MemberNumber,
        address: &str,
        now: Timestamp,
        cool_down_ms: u64,
    ) -> Result<Timestamp, BooksError> {
        let pool = locked.pool.number;
        let had = self.had_addresses(pool, [member]).await?;
        let usable_from = match had.contains(&member) {
            true => now.saturating_add_ms(cool_down_ms),
            false => now,
        };
        let added = [(member, address.to_owned())];
        self.add_addresses(pool, &added, now, usable_from).await?;
        Ok(usable_from)
    }
}
