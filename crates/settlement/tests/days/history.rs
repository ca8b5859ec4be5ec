//! What changed members' accounts, corrected days among it, comes to what they have.

use std::collections::BTreeMap;

use paydirt_books::{Account, MemberNumber};
use paydirt_schedule::Day;

use crate::scene::Scene;

/// Statements, the month and an export with members say the same of these days, and all of them
/// together what the books keep.
pub(crate) async fn adds_up(scene: &Scene, span: (Day, Day), what: &str) {
    let pool = scene.pool().await.number;
    let mut session = scene.books.look().await.unwrap();
    let month = session.month_of_members(pool, span).await.unwrap();
    for (member, of_month) in &month {
        let history = session.member_history(pool, *member, span).await.unwrap();
        assert_eq!(history.computed, history.kept, "{member}: {what}");
        let of_history = (history.opening, history.closing);
        assert_eq!(
            (of_month.opening, of_month.closing),
            of_history,
            "{member}: {what}"
        );
    }
    let parts = session.parts(pool).await.unwrap();
    let all = (Day::FIRST, Day::LAST);
    let mut sums: BTreeMap<(MemberNumber, Account), i64> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = session.postings_after(pool, all, after, 50).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        for mut posted in page {
            session.expand(&parts, &mut posted).await.unwrap();
            for entry in posted.entries {
                if let Some(member) = entry.member {
                    *sums.entry((member, entry.account)).or_default() += entry.amount;
                }
            }
        }
    }
    for member in month.keys() {
        let of = |account| sums.get(&(*member, account)).copied().unwrap_or_default();
        let has = session.balance(pool, *member).await.unwrap();
        let found = (
            of(Account::Available),
            of(Account::Vesting),
            of(Account::Receivable),
        );
        assert_eq!(
            found,
            (has.available, has.vesting, -has.receivable),
            "{member}: {what}"
        );
    }
}
