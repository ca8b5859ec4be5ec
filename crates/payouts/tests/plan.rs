//! Who is planned: what is live is a balance or a withdrawal, what is in quarantine an address.
#![allow(
    clippy::unwrap_used,
    reason = "a test that can't build its input has failed"
)]

use std::collections::BTreeSet;

use paydirt_chain::{Account, Address, BlockRef, Probe};
use paydirt_ledger::draft::LiveKey;
use paydirt_ledger::{LegSource, MemberId, PoolId, Quarantine};
use paydirt_money::{Amount, Coin};
use paydirt_payouts::plan::{Candidate, Means, Plan, Why, plan};
use paydirt_schedule::Timestamp;

const ETHER: i64 = 1_000_000_000;
const WEI: u128 = 1_000_000_000_000_000_000;

fn pool() -> PoolId {
    PoolId::new("space")
}

fn asked(ids: &[&str]) -> LegSource {
    LegSource::Withdrawals(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn candidate(member: &str, address: &str, source: LegSource) -> Candidate {
    Candidate {
        pool: pool(),
        member: MemberId::new(member),
        text: address.to_owned(),
        address: Ok(Address::canonical(address)),
        amount: Amount::from_units(ETHER, Coin::ETH),
        source,
        probe: Some(Probe::Fits { gas_limit: 21_000 }),
    }
}

fn planned(candidates: &[Candidate], live: &[LiveKey], quarantine: &[Quarantine]) -> Plan {
    let account = Account {
        block: BlockRef {
            number: 1,
            hash: "0x1".into(),
        },
        balance: 100 * WEI,
        nonce: 0,
    };
    let live: BTreeSet<LiveKey> = live.iter().cloned().collect();
    let means = Means {
        account: &account,
        committed: 0,
        reserve: 0,
        fee_cap: 1,
        live: &live,
        quarantine,
    };
    plan(candidates, &means).unwrap()
}

fn sources(plan: &Plan) -> Vec<LegSource> {
    plan.chosen.iter().map(|it| it.source.clone()).collect()
}

fn live_withdrawal(id: &str) -> LiveKey {
    LiveKey::Withdrawal(pool(), id.to_owned())
}

#[test]
fn a_leg_for_one_withdrawal_stops_neither_another_nor_the_balance() {
    let all = [
        candidate("a", "0xa", asked(&["1", "2"])),
        candidate("a", "0xa", asked(&["3"])),
        candidate("a", "0xb", asked(&["4"])),
        candidate("a", "0xa", LegSource::Threshold),
    ];
    let plan = planned(&all, &[live_withdrawal("2")], &[]);
    assert_eq!(
        sources(&plan),
        [asked(&["3"]), asked(&["4"]), LegSource::Threshold]
    );
    let [skipped] = plan.skipped.as_slice() else {
        unreachable!("{plan:?}")
    };
    assert_eq!(
        (&skipped.source, &skipped.why),
        (&asked(&["1", "2"]), &Why::Live)
    );
}

#[test]
fn a_leg_for_a_balance_stops_that_balance_only() {
    let all = [
        candidate("a", "0xa", LegSource::Threshold),
        candidate("b", "0xb", LegSource::Threshold),
        candidate("a", "0xa", asked(&["1"])),
    ];
    let live = LiveKey::Threshold(pool(), MemberId::new("a"));
    let plan = planned(&all, &[live], &[]);
    assert_eq!(sources(&plan), [LegSource::Threshold, asked(&["1"])]);
    assert_eq!(plan.chosen[0].member, MemberId::new("b"));
    assert_eq!(plan.skipped[0].why, Why::Live);
}

#[test]
fn a_withdrawal_of_another_pool_with_the_same_number_is_another_one() {
    let all = [candidate("a", "0xa", asked(&["1"]))];
    let other = LiveKey::Withdrawal(PoolId::new("other"), "1".into());
    assert_eq!(sources(&planned(&all, &[other], &[])), [asked(&["1"])]);
    assert!(sources(&planned(&all, &[live_withdrawal("1")], &[])).is_empty());
}

#[test]
fn an_address_in_quarantine_stops_what_goes_there_and_nothing_else() {
    let all = [
        candidate("a", "0xa", asked(&["1"])),
        candidate("a", "0xb", asked(&["2"])),
        candidate("b", "0xa", asked(&["3"])),
    ];
    let quarantine = [Quarantine {
        pool: pool(),
        member: MemberId::new("a"),
        address: "0xa".into(),
        reason: "it takes no money".into(),
        since: Timestamp::from_ms(1),
    }];
    let plan = planned(&all, &[], &quarantine);
    assert_eq!(sources(&plan), [asked(&["2"]), asked(&["3"])]);
    assert!(matches!(plan.skipped[0].why, Why::Quarantined(_)));
}
