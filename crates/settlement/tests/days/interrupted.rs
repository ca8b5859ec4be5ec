//! A settlement that is interrupted is posted whole or not at all, and goes on when asked again.

use paydirt_settlement::Span;

use crate::scene::{Kind, Scene, day, linear, order, told, units};

async fn ready(mut scene: Scene) -> Scene {
    scene.terms.streams[0].vesting = Some(linear("0.25", 180));
    scene
        .orders(&[
            order("A1", "u1", "900 TB", "0.1"),
            order("A2", "u2", "1 TB", "0"),
        ])
        .await;
    scene.set(day("2026-11-02"), 15);
    scene.income("2026-11-01", "237.098").await;
    scene.power("2026-11-01", "118.950 PB").await;
    scene
}

async fn nothing_is_posted(scene: &Scene) {
    let balance = scene.balance("u1").await;
    assert_eq!((balance.available, balance.vesting), (0, 0));
    assert_eq!(scene.verify().await.settlements, 0);
    scene.verify_ledger().await;
}

async fn it_is_settled_once(scene: &Scene) {
    let balance = scene.balance("u1").await;
    assert_eq!(balance.available + balance.vesting, units("1.614538714"));
    assert_eq!(scene.verify().await.settlements, 1);
    scene.verify_ledger().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_due_and_nothing_twice() {
    let mut scene = ready(Scene::new(Kind::Sqlite).await).await;
    assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
    scene.set(day("2026-11-01"), 0);
    assert!(scene.settle().await.is_empty());
    scene.set(day("2026-11-02"), 15);
    assert!(scene.settle().await.is_empty());
    it_is_settled_once(&scene).await;
    scene.set(day("2026-11-03"), 15);
    let done = told(&scene.settle().await);
    assert!(
        done[0].starts_with("2026-11-02 waits: no final income yet"),
        "{done:?}"
    );
    assert!(done[1].starts_with("2026-11-02 released "), "{done:?}");
    assert_eq!(done.len(), 2, "{done:?}");
    it_is_settled_once(&scene).await;
}

mod postgres {
    use paydirt_testkit::{Gate, PostgresFault, PostgresProxy, PostgresServer};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_is_restarted_in_the_middle_leaves_nothing_half_posted() {
        let mut server = PostgresServer::start().await.unwrap();
        let proxy = PostgresProxy::start(&server).await.unwrap();
        let scene = ready(Scene::on(server.url(), Box::new(())).await).await;
        let through = scene.through(&proxy.url()).await;
        let gate = Gate::new();
        proxy.once("COPY line", PostgresFault::Hold(gate.clone()));
        let (settled, ()) = tokio::join!(through.try_settle(Span::Due), async {
            gate.arrived().await;
            server.kill9();
            server.restart().await.unwrap();
            gate.release();
        });
        let error = settled.unwrap_err();
        assert!(error.is_passing(), "{error}");
        let scene = scene.through(&server.url()).await;
        nothing_is_posted(&scene).await;
        assert_eq!(told(&scene.settle().await), ["2026-11-01 settled"]);
        it_is_settled_once(&scene).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_settlement_whose_commit_has_no_reply_is_found_settled() {
        let server = PostgresServer::start().await.unwrap();
        let proxy = PostgresProxy::start(&server).await.unwrap();
        let scene = ready(Scene::on(server.url(), Box::new(())).await).await;
        let through = scene.through(&proxy.url()).await;
        proxy.once("COMMIT\0", PostgresFault::CutAfter);
        let error = through.try_settle(Span::Due).await.unwrap_err();
        assert!(error.is_passing(), "{error}");
        it_is_settled_once(&scene).await;
        assert!(through.settle().await.is_empty());
        it_is_settled_once(&scene).await;
    }
}
