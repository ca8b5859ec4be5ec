//! The last settled day, corrected.

use std::time::Instant;

use paydirt_books::Books;
use paydirt_money::{BaseUnits, Coin, FeeRate};
use paydirt_settlement::{
    DayOf, OrderOverride, Overrides, PoolTerms, plan_correction, post_correction,
};

use crate::{BY, at};

/// Of one order's fee rate, and of the day's income: how long each takes.
pub(crate) async fn seconds(books: &Books, terms: &PoolTerms) -> [f64; 2] {
    let rate = OrderOverride {
        order: "order-00000007".into(),
        fee_rate: Some(FeeRate::parse("0.1").unwrap()),
        ..OrderOverride::default()
    };
    let one = Overrides {
        orders: vec![rate],
        ..Overrides::default()
    };
    let all = Overrides {
        income: Some(BaseUnits::parse_coin("200", Coin::FIL).unwrap()),
        ..Overrides::default()
    };
    [
        correct(books, terms, &one).await,
        correct(books, terms, &all).await,
    ]
}

async fn correct(books: &Books, terms: &PoolTerms, overrides: &Overrides) -> f64 {
    let began = Instant::now();
    let mut session = books.begin().await.unwrap();
    let mut locked = session.lock_pool(&terms.id).await.unwrap();
    let stream = &terms.streams[0];
    let pool = locked.pool.number;
    let number = session.open_stream(pool, &stream.name).await.unwrap();
    let last = session.last_settled(number).await.unwrap().unwrap().day;
    let of = DayOf {
        pool: terms,
        stream,
        number,
        day: last,
        now: at(last),
        by: BY,
    };
    let planned = plan_correction(&mut session, &locked, &of, overrides);
    let planned = planned.await.unwrap();
    let posted = post_correction(&mut session, &mut locked, &of, planned, "bench");
    posted.await.unwrap();
    session.commit().await.unwrap();
    began.elapsed().as_secs_f64()
}
