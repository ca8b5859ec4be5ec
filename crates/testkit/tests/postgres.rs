//! The private PostgreSQL and the wire in front of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod postgres {
    use std::time::Instant;

    use paydirt_testkit::{Error, Gate, PostgresFault, PostgresProxy, PostgresServer};
    use sqlx::{Connection as _, Executor as _, PgConnection};

    async fn connected(url: &str) -> PgConnection {
        PgConnection::connect(url).await.unwrap()
    }

    async fn count(connection: &mut PgConnection) -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM t");
        count.fetch_one(connection).await.unwrap()
    }

    async fn with_table(server: &PostgresServer) {
        let mut connection = connected(&server.url()).await;
        connection
            .execute("CREATE TABLE t (a BIGINT)")
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_was_committed_survives_kill_9_and_what_was_not_is_gone() -> Result<(), Error> {
        let mut server = PostgresServer::start().await?;
        with_table(&server).await;
        let mut connection = connected(&server.url()).await;
        connection
            .execute("INSERT INTO t VALUES (1)")
            .await
            .unwrap();
        connection.execute("BEGIN").await.unwrap();
        connection
            .execute("INSERT INTO t VALUES (2)")
            .await
            .unwrap();
        server.kill9();
        assert!(connection.execute("COMMIT").await.is_err());
        assert!(PgConnection::connect(&server.url()).await.is_err());
        server.restart().await?;
        assert_eq!(count(&mut connected(&server.url()).await).await, 1);
        server.stop().await?;
        server.restart().await?;
        assert_eq!(count(&mut connected(&server.url()).await).await, 1);
        Ok(())
    }

    #[tokio::test]
    async fn it_syncs_and_sorts_as_a_servers_of_people_do() -> Result<(), Error> {
        let server = PostgresServer::start_with(&["synchronous_commit=off"]).await?;
        let mut connection = connected(&server.url()).await;
        let settings = sqlx::query_as(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'), 'B' < 'a'",
        );
        let found: (String, String, bool) = settings.fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, ("on".into(), "off".into(), false));
        let superuser = sqlx::query_scalar("SELECT usesuper FROM pg_user WHERE usename = user");
        let superuser: Vec<bool> = superuser.fetch_all(&mut connection).await.unwrap();
        assert_eq!(superuser, [false]);
        let refused = PostgresServer::start_with(&["no_such_parameter=1"]).await;
        let message = refused.err().map(|error| error.to_string());
        let message = message.unwrap_or_default();
        assert!(message.contains("no_such_parameter"), "{message}");
        Ok(())
    }

    #[tokio::test]
    async fn a_standby_has_the_data_and_refuses_writes() -> Result<(), Error> {
        let primary = PostgresServer::start().await?;
        with_table(&primary).await;
        let standby = PostgresServer::standby_of(&primary).await?;
        let mut connection = connected(&standby.url()).await;
        assert_eq!(count(&mut connection).await, 0);
        let refused = connection.execute("INSERT INTO t VALUES (1)").await;
        assert!(refused.unwrap_err().to_string().contains("read-only"));
        Ok(())
    }

    #[tokio::test]
    async fn a_dropped_server_is_gone_with_its_files() -> Result<(), Error> {
        let server = PostgresServer::start().await?;
        let (url, dir) = (server.url(), server.dir().to_owned());
        connected(&url).await;
        let asked = Instant::now();
        drop(server);
        eprintln!("ended after {:?}", asked.elapsed());
        assert!(PgConnection::connect(&url).await.is_err());
        assert!(!dir.exists());
        Ok(())
    }

    #[tokio::test]
    async fn cut_before_nothing_is_done_cut_after_it_is_done() -> Result<(), Error> {
        let server = PostgresServer::start().await?;
        with_table(&server).await;
        let proxy = PostgresProxy::start(&server).await?;
        let faults = [PostgresFault::CutBefore, PostgresFault::CutAfter];
        for (fault, rows) in faults.into_iter().zip([0, 1]) {
            let mut connection = connected(&proxy.url()).await;
            connection.execute("BEGIN").await.unwrap();
            let insert = sqlx::query("INSERT INTO t VALUES ($1)").bind(1_i64);
            insert.execute(&mut connection).await.unwrap();
            proxy.once("COMMIT", fault);
            assert!(connection.execute("COMMIT").await.is_err());
            assert_eq!(count(&mut connected(&server.url()).await).await, rows);
        }
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_waits_at_a_gate_and_round_trips_are_counted() -> Result<(), Error> {
        let server = PostgresServer::start().await?;
        with_table(&server).await;
        let mut proxy = PostgresProxy::start(&server).await?;
        let mut connection = connected(&proxy.url()).await;
        proxy.take_round_trips();
        let gate = Gate::new();
        proxy.once("INSERT", PostgresFault::HoldReply(gate.clone()));
        let insert = tokio::spawn(async move {
            connection
                .execute("INSERT INTO t VALUES (1)")
                .await
                .unwrap();
            connection
        });
        gate.arrived().await;
        assert!(!insert.is_finished());
        assert_eq!(count(&mut connected(&server.url()).await).await, 1);
        gate.release();
        let mut connection = insert.await.unwrap();
        assert_eq!(proxy.take_round_trips(), 1);
        proxy.down().await;
        assert!(connection.execute("SELECT 1").await.is_err());
        proxy.up().await?;
        assert_eq!(count(&mut connected(&proxy.url()).await).await, 1);
        Ok(())
    }
}
