//! What a member has in each pool.

use crate::db::query;
use crate::numbers::MemberNumber;
use crate::{Balance, BooksError, Pool, Session};

impl Session {
    /// A member's figures in each pool in which it has any, by the pool's name.
    ///
    /// # Errors
    /// `Database`.
    pub async fn balances_of_member(
        &mut self,
        member: MemberNumber,
    ) -> Result<Vec<(Pool, Balance)>, BooksError> {
        let sql = "SELECT pool FROM member_balance WHERE member = $1 UNION \
             SELECT stream.pool FROM stream_balance \
             JOIN stream ON stream.number = stream_balance.stream \
             WHERE stream_balance.member = $1";
        let asked = query(sql).bind(member.get());
        let rows: Vec<(i64,)> = asked.fetch_all(&mut self.connection).await?;
        let mut all = Vec::with_capacity(rows.len());
        for pool in self.pools().await? {
            if rows.contains(&(pool.number.get(),)) {
                let balance = self.balance(pool.number, member).await?;
                all.push((pool, balance));
            }
        }
        Ok(all)
    }
}
