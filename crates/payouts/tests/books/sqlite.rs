//! With the books in a file.

use paydirt_payouts::ReconcileOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::owed::Owed;
use crate::scene::{ETHER, Scene, WEI};

/// Journal and ledger have forgotten the same payments: nothing goes out before a person has
/// looked at what the chain shows of them.
#[tokio::test]
async fn books_of_yesterday_pay_nobody_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let url = format!("sqlite://{}", path("books.db").display());
    let owed = Owed::new(&url, &[ETHER]).await;
    // One run, so that the wallet is known.
    let engine = owed.engine(&url).await;
    let nobody = paydirt_payouts::RunOptions {
        pools: Some([].into()),
        ..Scene::once()
    };
    engine.run(&nobody).await.unwrap();
    let copy = format!("VACUUM INTO '{}'", path("copy.db").display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    let copied = sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut raw);
    copied.await.unwrap();
    engine.run(&Scene::once()).await.unwrap();
    owed.assert_paid("before").await;
    let restored = format!("sqlite://{}", path("copy.db").display());
    let engine = owed.engine(&restored).await;
    let refused = engine.run(&Scene::once()).await.unwrap_err();
    assert!(
        refused.to_string().contains("payouts reconcile"),
        "{refused}"
    );
    let options = ReconcileOptions {
        reason: "restored".into(),
        ..ReconcileOptions::default()
    };
    let done = engine.reconcile(&options).await.unwrap();
    assert_eq!(done.nonces, 1);
    let report = engine.run(&Scene::once()).await.unwrap();
    let why = report.held_up.unwrap();
    assert!(
        why.contains("neither in the journal nor in the books of eth"),
        "{why}"
    );
    let (_, address, _) = &owed.members[0];
    let once = u128::try_from(ETHER).unwrap() * WEI;
    assert_eq!(owed.scene.net.balance(address), once);
}

#[tokio::test]
async fn after_a_crash_at_any_point_the_next_run_pays_what_is_owed_once() {
    crate::whoever_crashed_the_next_finishes(async || {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("books.db");
        (
            format!("sqlite://{}", path.display()),
            Box::new(directory) as crate::Kept,
        )
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_journal_may_have_sent_is_left_to_a_person() {
    on_file(async |url| crate::reconcile_leaves_withdrawals_to_a_person(&url).await).await;
}

async fn on_file<F: Future<Output = ()>>(run: impl FnOnce(String) -> F) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("books.db");
    run(format!("sqlite://{}", path.display())).await;
}

#[tokio::test]
async fn withdrawals_are_paid_once_beside_balances() {
    on_file(async |url| crate::withdrawals_are_paid(&url).await).await;
}

#[tokio::test]
async fn what_a_pause_gives_back_is_paid_after_it() {
    on_file(async |url| crate::a_paused_wallet_gives_withdrawals_back(&url).await).await;
}

#[tokio::test]
async fn everyone_is_paid_from_the_books_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("books.db");
    crate::everyone_is_paid(&format!("sqlite://{}", path.display())).await;
}
