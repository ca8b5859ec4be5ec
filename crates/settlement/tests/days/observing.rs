//! From a chain's blocks to what members have: observed, classified, settled.

use paydirt_books::{Item, ItemKind, PowerBasis};
use paydirt_chain::{
    Address, Call, Chain as _, Finality, IncomeSource as _, Observation, ObservedPower,
};
use paydirt_devnet::{DevChain, Devnet, Rules};
use paydirt_money::Coin;
use paydirt_schedule::Day;
use paydirt_settlement::income::{self, Noted, ObservedDay};
use paydirt_settlement::{SettlementError, Source};

use crate::scene::{BY, Kind, Scene, day, order, stream, told, units};

const FIRST: &str = "2026-11-01";
const SECOND: &str = "2026-11-02";
const FIL: u128 = 1_000_000_000_000_000_000;
const PB: u128 = 1_000_000_000_000_000;

/// A pool of one wallet on a chain of hourly blocks, of which all but the newest two are final.
struct Observed {
    scene: Scene,
    net: Devnet,
    chain: DevChain,
    wallet: Address,
    own: Vec<Address>,
    senders: Vec<Address>,
    late: bool,
    beside_entries: bool,
}

async fn observed(kind: Kind) -> Observed {
    let mut scene = Scene::new(kind).await;
    scene.terms.streams[0].source = Source::Chain;
    let start = scene.terms.zones().instants(day(FIRST)).start;
    let net = Devnet::new(Rules {
        coin: Coin::FIL,
        endpoints: 2,
        // The block before the first day.
        genesis_time_s: u64::try_from(start.as_secs()).unwrap() - 3600,
        block_time_s: 3600,
        ..Rules::default()
    });
    let chain = DevChain::new(&net);
    chain.identify(None).await.unwrap();
    net.set_power(ObservedPower {
        raw: PB,
        quality_adjusted: 10 * PB,
    });
    scene.orders(&[order("A1", "u1", "500 TB", "0")]).await;
    let wallet = net.stranger();
    Observed {
        own: vec![wallet.clone()],
        scene,
        net,
        chain,
        wallet,
        senders: Vec::new(),
        late: false,
        beside_entries: false,
    }
}

impl Observed {
    /// Somebody new, with money from before the first day.
    fn sender(&self) -> Address {
        self.net.wallet(1000 * FIL).unwrap()
    }

    /// One who is registered.
    fn registered(&mut self) -> Address {
        let sender = self.sender();
        self.senders.push(sender.clone());
        sender
    }

    /// Sends in a block of its own.
    fn send(&self, from: &Address, value: u128) {
        let call = Call {
            to: self.wallet.clone(),
            value,
            data: Vec::new(),
        };
        self.net.inject(from, self.net.nonce(from), call).unwrap();
        self.net.mine(1);
    }

    /// Ends a day, and lets its last block become final; it is so many minutes after the end.
    fn end(&mut self, on: &str, minutes: u64) {
        let next = day(on).next().unwrap();
        self.scene.set(next, minutes);
        let ends = self.scene.terms.zones().instants(day(on)).end;
        let end_s = u64::try_from(ends.as_secs()).unwrap();
        self.net.mine_until(end_s);
        self.net.mine(2);
    }

    async fn look(&self, on: &str) -> Observation {
        let mut session = self.scene.books.look().await.unwrap();
        let (terms, now) = (&self.scene.terms, self.scene.now);
        let span = income::span_s(&mut session, terms, &terms.streams[0], day(on), now);
        let span = span.await.unwrap();
        self.chain
            .observe(
                span,
                std::slice::from_ref(&self.wallet),
                Finality::Signalled,
            )
            .await
            .unwrap()
    }

    async fn record(&self, on: &str, seen: &Observation) -> Result<Noted, SettlementError> {
        let mut session = self.scene.books.begin().await.unwrap();
        let of = ObservedDay {
            pool: &self.scene.terms,
            stream: &self.scene.terms.streams[0],
            day: day(on),
            own: &self.own,
            senders: &self.senders,
            beside_entries: self.beside_entries,
            late: self.late,
            by: BY,
            now: self.scene.now,
        };
        let noted = income::observe(&mut session, &of, seen).await?;
        session.commit().await.unwrap();
        Ok(noted)
    }

    async fn try_observe(&self, on: &str) -> Result<Noted, SettlementError> {
        let seen = self.look(on).await;
        self.record(on, &seen).await
    }

    async fn observe(&self, on: &str) -> Vec<Item> {
        match self.try_observe(on).await.unwrap() {
            Noted::Recorded(items) => items,
            other => panic!("{other:?}"),
        }
    }

    async fn settle(&self) -> Vec<String> {
        told(&self.scene.settle().await)
    }

    async fn available(&self) -> i64 {
        self.scene.balance("u1").await.available
    }

    /// All items, whatever they are.
    async fn items(&self) -> Vec<Item> {
        let pool = self.scene.pool().await;
        let mut session = self.scene.books.look().await.unwrap();
        session
            .items(pool.number, Day::FIRST, Day::LAST)
            .await
            .unwrap()
    }

    async fn classify(&self, item: &Item, kind: ItemKind) -> Item {
        let mut session = self.scene.books.begin().await.unwrap();
        let terms = &self.scene.terms;
        let stream = kind.is_of_a_stream().then(|| &terms.streams[0]);
        let number = item.number.get();
        let now = self.scene.now;
        let item = income::classify(&mut session, terms, number, kind, stream, BY, now);
        let item = item.await.unwrap();
        session.commit().await.unwrap();
        item
    }
}

fn short(items: &[Item]) -> Vec<(ItemKind, u128)> {
    let mut short: Vec<_> = items
        .iter()
        .map(|item| (item.item.kind, item.item.amount.get()))
        .collect();
    short.sort_unstable();
    short
}

fn refusal<T: std::fmt::Debug>(result: Result<T, SettlementError>) -> String {
    match result {
        Err(error @ SettlementError::Refused { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

async fn each_inflow_is_what_its_sender_makes_it(kind: Kind) {
    let mut it = observed(kind).await;
    let (miner, treasury, stranger) = (it.registered(), it.sender(), it.sender());
    it.own.push(treasury.clone());
    it.net.mine(1);
    it.send(&miner, 10 * FIL);
    it.net.deal(&it.wallet, 4 * FIL).unwrap();
    it.send(&miner, 6 * FIL);
    it.send(&treasury, 100 * FIL);
    it.send(&stranger, 50 * FIL);
    it.end(FIRST, 15);
    let items = it.observe(FIRST).await;
    let expected = [
        (ItemKind::Income, 20 * FIL),
        (ItemKind::Unclassified, 50 * FIL),
        (ItemKind::Internal, 100 * FIL),
    ];
    assert_eq!(short(&items), expected);
    let income = items.iter().find(|it| it.item.kind == ItemKind::Income);
    let evidence = income.unwrap().item.evidence.clone().unwrap();
    let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
    assert_eq!(evidence["count"], 3);
    assert_eq!(
        evidence["inflows"][1]["base_units"],
        (10 * FIL).to_string().as_str()
    );
    assert_eq!(evidence["inflows"][0]["origin"], "reward");
    // 500 TB of 1 PB have half of what is income, and of nothing else.
    assert_eq!(it.settle().await, ["2026-11-01 settled"]);
    assert_eq!(it.available().await, units("10"));
}

async fn what_nobody_knows_is_shared_once_it_is_classified(kind: Kind) {
    let mut it = observed(kind).await;
    let (one, other) = (it.sender(), it.sender());
    it.net.mine(1);
    it.send(&one, 8 * FIL);
    it.send(&other, 3 * FIL);
    it.end(FIRST, 15);
    let items = it.observe(FIRST).await;
    // Nothing of it is income yet, and that is said.
    let expected = [
        (ItemKind::Income, 0),
        (ItemKind::Unclassified, 3 * FIL),
        (ItemKind::Unclassified, 8 * FIL),
    ];
    assert_eq!(short(&items), expected);
    let of = |amount: u128| items.iter().find(|it| it.item.amount.get() == amount);
    let deposit = it.classify(of(3 * FIL).unwrap(), ItemKind::Deposit).await;
    assert_eq!(deposit.item.kind, ItemKind::Deposit);
    assert_eq!(it.settle().await, ["2026-11-01 settled"]);
    assert_eq!(it.available().await, 0);
    // Found out after its day was settled: part of the next one.
    let late = it.classify(of(8 * FIL).unwrap(), ItemKind::Income).await;
    assert_eq!(
        (late.item.day, late.item.earned_on),
        (day(SECOND), day(FIRST))
    );
    it.end(SECOND, 15);
    let waits = it.settle().await;
    assert!(waits[0].contains("no final income yet"), "{waits:?}");
    assert_eq!(short(&it.observe(SECOND).await), [(ItemKind::Income, 0)]);
    assert_eq!(it.settle().await, ["2026-11-02 settled"]);
    assert_eq!(it.available().await, units("4"));
    // Whatever was said of the items since, the chain shows the same.
    assert!(matches!(it.try_observe(FIRST).await, Ok(Noted::Already(_))));
}

async fn a_day_waits_for_final_blocks_and_an_observed_nothing_is_zero(kind: Kind) {
    let mut it = observed(kind).await;
    it.end(FIRST, 15);
    it.net.stall_finality(true);
    it.net.reorg(2, paydirt_devnet::Orphans::Drop).unwrap();
    assert!(it.settle().await[0].contains("no final income yet"));
    assert_eq!(short(&it.observe(FIRST).await), [(ItemKind::Income, 0)]);
    assert_eq!(it.settle().await, ["2026-11-01 settled"]);
    // The next day is over by the clock, and not by the chain.
    it.end(SECOND, 15);
    let noted = it.try_observe(SECOND).await.unwrap();
    let Noted::NotFinal { reason } = noted else {
        panic!("{noted:?}")
    };
    assert!(reason.contains("newest final block"), "{reason}");
    assert_eq!(it.items().await.len(), 1);
    assert!(it.settle().await[0].contains("no final income yet"));
    it.net.stall_finality(false);
    it.net.mine(1);
    it.observe(SECOND).await;
    assert_eq!(it.settle().await, ["2026-11-02 settled"]);
}

async fn a_day_that_is_observed_twice_is_recorded_once(kind: Kind) {
    let mut it = observed(kind).await;
    let miner = it.registered();
    it.net.mine(1);
    it.send(&miner, 10 * FIL);
    it.end(FIRST, 15);
    let items = it.observe(FIRST).await;
    let again = it.try_observe(FIRST).await.unwrap();
    assert_eq!(again, Noted::Already(items));
    assert_eq!(it.settle().await, ["2026-11-01 settled"]);
    let Noted::Already(settled) = it.try_observe(FIRST).await.unwrap() else {
        panic!("recorded again");
    };
    assert!(settled[0].settlement.is_some());
    // Another result is an error that names both, before and after settling.
    it.senders.clear();
    let refused = refusal(it.try_observe(FIRST).await);
    for part in [
        "10 FIL in the books",
        "nothing on the chain",
        "10 FIL on the chain",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(it.items().await.len(), 1);
    assert_eq!(it.available().await, units("5"));
}

async fn what_a_person_entered_is_not_counted_again(kind: Kind) {
    let mut it = observed(kind).await;
    let miner = it.registered();
    it.net.mine(1);
    it.send(&miner, 10 * FIL);
    it.end(FIRST, 15);
    it.scene.income(FIRST, "9").await;
    let refused = refusal(it.try_observe(FIRST).await);
    assert!(
        refused.contains("9 FIL; the chain shows 10 FIL"),
        "{refused}"
    );
    // Nothing was written, the power neither.
    assert!(it.settle().await[0].contains("raw power"));
    it.scene.power(FIRST, "1 PB").await;
    assert_eq!(it.settle().await, ["2026-11-01 settled"]);
    // Late, and beside the entry: part of the next day.
    it.beside_entries = true;
    assert!(refusal(it.try_observe(FIRST).await).contains("is settled"));
    it.late = true;
    let items = it.observe(FIRST).await;
    assert_eq!(items[0].item.day, day(SECOND));
    it.end(SECOND, 15);
    it.observe(SECOND).await;
    assert_eq!(it.settle().await, ["2026-11-02 settled"]);
    assert_eq!(it.available().await, units("9.5"));
}

async fn power_is_observed_by_both_bases_and_what_a_person_says_stands(kind: Kind) {
    let mut it = observed(kind).await;
    it.end(FIRST, 15);
    it.scene.power(FIRST, "2 PB").await;
    it.observe(FIRST).await;
    let pool = it.scene.pool().await;
    let mut session = it.scene.books.look().await.unwrap();
    let mut found = Vec::new();
    for basis in [PowerBasis::Raw, PowerBasis::QualityAdjusted] {
        let power = session.power(pool.number, day(FIRST), basis).await.unwrap();
        found.push(power.map(|it| (it.power.bytes(), it.source)).unwrap());
    }
    assert_eq!(
        found,
        [(2 * PB, "entry".to_owned()), (10 * PB, "chain".to_owned())]
    );
}

async fn what_cannot_be_observed_is_refused(kind: Kind) {
    let mut it = observed(kind).await;
    it.end(FIRST, 15);
    let seen = it.look(FIRST).await;
    it.scene.set(day(FIRST), 60);
    assert!(refusal(it.record(FIRST, &seen).await).contains("is not over"));
    it.end(SECOND, 15);
    assert!(refusal(it.record(SECOND, &seen).await).contains("were observed"));
    assert!(refusal(it.record("2026-10-31", &seen).await).contains("is no day of"));
    let mut other = stream("other");
    other.source = Source::Chain;
    it.scene.terms.streams.push(other);
    assert!(refusal(it.record(FIRST, &seen).await).contains("which of them"));
    it.scene.terms.streams.pop();
    it.scene.terms.streams[0].source = Source::Entry;
    assert!(refusal(it.record(FIRST, &seen).await).contains("not observed"));
    assert!(it.items().await.is_empty());
    // Nor can an entry pretend to be observed.
    let mut session = it.scene.books.begin().await.unwrap();
    let entry = income::Entry {
        kind: ItemKind::Income,
        day: day(FIRST),
        amount: paydirt_money::BaseUnits::new(1),
        source: "chain:x".into(),
        note: None,
        beside_observed: false,
        late: false,
    };
    let (terms, now) = (&it.scene.terms, it.scene.now);
    let done = income::record(&mut session, terms, &terms.streams[0], &entry, BY, now).await;
    assert!(refusal(done).contains("can't be named"));
}

async fn of_many_unknown_senders_the_smallest_are_one_item(kind: Kind) {
    let mut it = observed(kind).await;
    let Observation::Final(mut seen) = ({
        it.end(FIRST, 15);
        it.look(FIRST).await
    }) else {
        panic!("not final")
    };
    for n in 1..=200_u128 {
        seen.inflows.push(paydirt_chain::Inflow {
            to: it.wallet.clone(),
            origin: paydirt_chain::Origin::Sender(it.net.stranger()),
            amount: n,
            id: n.to_string(),
            block: seen.evidence.after.clone(),
            time_s: 0,
        });
    }
    let seen = Observation::Final(seen);
    let Noted::Recorded(items) = it.record(FIRST, &seen).await.unwrap() else {
        panic!("not recorded")
    };
    let amounts: Vec<u128> = short(&items).iter().map(|(_, amount)| *amount).collect();
    // 0 of income; 151 to 200; and what the other 150 sent.
    assert_eq!(amounts.len(), 52);
    assert_eq!(amounts.iter().sum::<u128>(), 200 * 201 / 2);
    assert!(amounts.contains(&(150 * 151 / 2)) && amounts.contains(&151));
    assert!(matches!(
        it.record(FIRST, &seen).await,
        Ok(Noted::Already(_))
    ));
}

/// Each on both databases.
async fn what_was_observed_is_not_entered_again(kind: Kind) {
    let mut it = observed(kind).await;
    let miner = it.registered();
    it.net.mine(1);
    it.send(&miner, 10 * FIL);
    it.end(FIRST, 15);
    let entry = |beside_observed| income::Entry {
        kind: ItemKind::Income,
        day: day(FIRST),
        amount: paydirt_money::BaseUnits::new(10 * FIL),
        source: income::ENTRY.into(),
        note: None,
        beside_observed,
        late: false,
    };
    let (terms, now) = (&it.scene.terms, it.scene.now);
    let first = &terms.streams[0];
    let mut session = it.scene.books.begin().await.unwrap();
    let early = income::record(&mut session, terms, first, &entry(true), BY, now).await;
    assert!(refusal(early).contains("observe that day first"));
    drop(session);
    it.observe(FIRST).await;
    let mut session = it.scene.books.begin().await.unwrap();
    let refused = income::record(&mut session, terms, first, &entry(false), BY, now).await;
    assert!(refusal(refused).contains("may be the same"));
    drop(session);
    let mut session = it.scene.books.begin().await.unwrap();
    let both = income::record(&mut session, terms, first, &entry(true), BY, now).await;
    both.unwrap();
    session.commit().await.unwrap();
    it.settle().await;
    assert_eq!(it.available().await, units("10"));
}

on_both!(
    a_day_that_is_observed_twice_is_recorded_once,
    a_day_waits_for_final_blocks_and_an_observed_nothing_is_zero,
    each_inflow_is_what_its_sender_makes_it,
    of_many_unknown_senders_the_smallest_are_one_item,
    power_is_observed_by_both_bases_and_what_a_person_says_stands,
    what_a_person_entered_is_not_counted_again,
    what_cannot_be_observed_is_refused,
    what_nobody_knows_is_shared_once_it_is_classified,
    what_was_observed_is_not_entered_again,
);
