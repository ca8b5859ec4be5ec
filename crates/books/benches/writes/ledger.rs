//! A ledger's moves.

use std::time::Instant;

use paydirt_books::{Account, Books, Entry, MemberData, NewPosting, PaidBy};
use paydirt_chain::TxId;
use paydirt_ledger::conformance::fixtures::{at, leg, member, opening, pool};
use paydirt_ledger::{JournalId, Ledger as _, Leg, MoveContext, PaymentId, Settlement, WalletId};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::{Day, ZoneHistory, parse_zone};

use super::{ROUNDS, Times};

const LEGS: u32 = 1000;

/// Members with something to be paid in each round.
async fn fill(books: &Books) {
    let day = Day::from_ymd(2026, 1, 1).unwrap();
    let mut session = books.begin().await.unwrap();
    let opened = session.open_pool(&pool(), Coin::ETH, day, at(0)).await;
    let members: Vec<MemberData> = (1..=LEGS)
        .map(|n| MemberData {
            code: member(n),
            name: None,
            phone: None,
        })
        .collect();
    let numbers = session.add_members(&members, at(0)).await.unwrap();
    let places: Vec<_> = numbers
        .iter()
        .zip(&members)
        .map(|(number, data)| (*number, data.code.to_string()))
        .collect();
    let pool_number = opened.unwrap().number;
    let added = session.add_addresses(pool_number, &places, at(0), at(0));
    added.await.unwrap();
    let credits = |number| {
        let credit = Entry::of_member(Account::Available, number, 1_000_000);
        [credit, Entry::of_pool(Account::OpeningEquity, -1_000_000)]
    };
    let entries: Vec<Entry> = numbers.into_iter().flat_map(credits).collect();
    let posting = NewPosting {
        kind: "opening",
        stream: None,
        day,
        at: at(0),
        by: "bench".into(),
        cause: "what is owed".into(),
    };
    let mut locked = session.lock_pool(&pool()).await.unwrap();
    session.post(&mut locked, &posting, &entries).await.unwrap();
    session.commit().await.unwrap();
}

pub(crate) async fn measure(books: &Books, times: &mut Times) {
    fill(books).await;
    let days = ZoneHistory::new(parse_zone("Asia/Shanghai").unwrap(), []).unwrap();
    let ledger = books
        .ledger(&pool(), Coin::ETH, days, PaidBy::Threshold)
        .await
        .unwrap();
    let journal = JournalId::new();
    ledger.attach(journal).await.unwrap();
    let opening = opening(0);
    let wallet = WalletId::of(&opening.identity, &opening.address);
    let context = || MoveContext {
        journal,
        wallet: wallet.clone(),
        token: 1,
        known: None,
        id: PaymentId::new().0,
        at: at(0),
    };
    for _ in 0..ROUNDS {
        let legs: Vec<Leg> = (1..=LEGS).map(|n| leg(n, 10)).collect();
        let alone = |leg: &Leg| (PaymentId::new(), vec![leg.clone()]);
        let payments: Vec<_> = legs.iter().map(alone).collect();
        let settlements: Vec<Settlement> = legs.iter().take(500).map(paid).collect();
        let begun = Instant::now();
        let minimum = Amount::from_units(1, Coin::ETH);
        let due = ledger.payable(minimum).await.unwrap().due;
        assert_eq!(due.len(), legs.len());
        times.add("ledger: payable", begun);
        let begun = Instant::now();
        drop(ledger.hold(&context(), &payments).await.unwrap());
        times.add("ledger: hold", begun);
        let begun = Instant::now();
        let ids: Vec<_> = legs.iter().map(|leg| leg.id).collect();
        ledger.look(journal, None, &ids).await.unwrap();
        times.add("ledger: look", begun);
        let begun = Instant::now();
        drop(ledger.settle(&context(), &settlements).await.unwrap());
        times.add("ledger: settle 500", begun);
        let begun = Instant::now();
        drop(ledger.release(&context(), &legs[500..]).await.unwrap());
        times.add("ledger: release 500", begun);
    }
}

fn paid(leg: &Leg) -> Settlement {
    Settlement {
        leg: leg.clone(),
        transaction: TxId::new(leg.id.to_string()),
        block: 30,
        fee: 147_000,
    }
}
