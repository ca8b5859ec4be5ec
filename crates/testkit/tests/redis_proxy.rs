//! The wire in front of a Redis, tried on one.

mod redis {
    use paydirt_testkit::{Error, Gate, RedisFault, RedisProxy, RedisServer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn server_and_proxy() -> Result<(RedisServer, RedisProxy), Error> {
        let redis = RedisServer::start().await?;
        let proxy = RedisProxy::start(redis.address()).await?;
        Ok((redis, proxy))
    }

    /// Sends inline commands and reads as many bytes as are expected; `None` when closed first.
    async fn send(stream: &mut TcpStream, commands: &str, expected: &str) -> Option<String> {
        stream.write_all(commands.as_bytes()).await.ok()?;
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).await.ok()?;
        String::from_utf8(answer).ok()
    }

    async fn connect(proxy: &RedisProxy) -> Result<TcpStream, Error> {
        let refused = |error: std::io::Error| Error::Transport {
            to: proxy.address().to_string(),
            reason: error.to_string(),
        };
        TcpStream::connect(proxy.address()).await.map_err(refused)
    }

    #[tokio::test]
    async fn a_pipeline_is_one_round_trip() -> Result<(), Error> {
        let (_redis, proxy) = server_and_proxy().await?;
        let mut stream = connect(&proxy).await?;
        for (commands, answer) in [
            ("*2\r\n$4\r\nINCR\r\n$1\r\na\r\n", ":1\r\n"),
            ("incr a\r\nincr a\r\nget a\r\n", ":2\r\n:3\r\n$1\r\n3\r\n"),
        ] {
            assert_eq!(
                send(&mut stream, commands, answer).await.as_deref(),
                Some(answer)
            );
        }
        assert_eq!((proxy.round_trips(), proxy.commands("INCR")), (2, 3));
        proxy.reset_counts();
        assert_eq!((proxy.round_trips(), proxy.commands("INCR")), (0, 0));
        Ok(())
    }

    #[tokio::test]
    async fn cut_before_nothing_is_done_cut_after_it_is_done() -> Result<(), Error> {
        let (redis, proxy) = server_and_proxy().await?;
        proxy.once("incr before", RedisFault::CutBefore);
        proxy.once("incr after", RedisFault::CutAfter);
        for key in ["before", "after"] {
            let command = format!("incr {key}\r\n");
            assert_eq!(
                send(&mut connect(&proxy).await?, &command, ":1\r\n").await,
                None
            );
        }
        assert_eq!(redis.command(&["GET", "before"]).await?, "$-1");
        assert_eq!(redis.command(&["GET", "after"]).await?, "1");
        let answer = send(&mut connect(&proxy).await?, "incr after\r\n", ":2\r\n").await;
        assert_eq!(answer.as_deref(), Some(":2\r\n"));
        Ok(())
    }

    #[tokio::test]
    async fn a_large_command_that_is_cut_after_is_done_whole() -> Result<(), Error> {
        let (redis, proxy) = server_and_proxy().await?;
        proxy.once("big", RedisFault::CutAfter);
        let value = "x".repeat(3_000_000);
        let command = format!(
            "*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n${}\r\n{value}\r\n",
            value.len()
        );
        assert_eq!(
            send(&mut connect(&proxy).await?, &command, "+OK\r\n").await,
            None
        );
        assert_eq!(redis.command(&["STRLEN", "big"]).await?, ":3000000");
        Ok(())
    }

    #[tokio::test]
    async fn a_gate_holds_a_command_or_its_answer() -> Result<(), Error> {
        let (redis, proxy) = server_and_proxy().await?;
        let (before, after) = (Gate::new(), Gate::new());
        proxy.once("incr a", RedisFault::Hold(before.clone()));
        proxy.always("incr b", RedisFault::HoldReply(after.clone()));
        let mut first = connect(&proxy).await?;
        let first = tokio::spawn(async move { send(&mut first, "incr a\r\n", ":1\r\n").await });
        let mut second = connect(&proxy).await?;
        let second = tokio::spawn(async move { send(&mut second, "incr b\r\n", ":1\r\n").await });
        before.arrived().await;
        after.arrived().await;
        assert_eq!(redis.command(&["GET", "a"]).await?, "$-1");
        assert_eq!(redis.command(&["GET", "b"]).await?, "1");
        assert!(!first.is_finished() && !second.is_finished());
        before.release();
        after.release();
        proxy.heal();
        assert_eq!(first.await.unwrap().as_deref(), Some(":1\r\n"));
        assert_eq!(second.await.unwrap().as_deref(), Some(":1\r\n"));
        Ok(())
    }

    #[tokio::test]
    async fn a_fail_over_leads_to_the_other_server() -> Result<(), Error> {
        let (redis, mut proxy) = server_and_proxy().await?;
        let replica = RedisServer::replica_of(&redis).await?;
        let mut stream = connect(&proxy).await?;
        assert_eq!(
            send(&mut stream, "set a 1\r\n", "+OK\r\n").await.as_deref(),
            Some("+OK\r\n")
        );
        proxy.down().await;
        assert_eq!(send(&mut stream, "get a\r\n", "$1").await, None);
        assert!(TcpStream::connect(proxy.address()).await.is_err());
        replica.command(&["REPLICAOF", "NO", "ONE"]).await?;
        replica.command(&["SET", "a", "2"]).await?;
        proxy.set_target(replica.address());
        proxy.up().await?;
        let answer = send(&mut connect(&proxy).await?, "get a\r\n", "$1\r\n2\r\n").await;
        assert_eq!(answer.as_deref(), Some("$1\r\n2\r\n"));
        Ok(())
    }
}
