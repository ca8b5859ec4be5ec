//! What is left of a test that was killed.

mod redis {
    use std::env;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use paydirt_testkit::{Error, RedisServer};
    use tokio::net::TcpStream;

    const VICTIM: &str = "PAYDIRT_TESTKIT_VICTIM";

    /// Runs twice: as the test, and as the process that it kills.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_server_ends_with_the_test_process_that_was_killed() -> Result<(), Error> {
        if env::var_os(VICTIM).is_some() {
            let server = RedisServer::start().await?;
            eprintln!("listening on {}", server.address());
            return std::future::pending().await;
        }
        // The victim cannot clean up behind itself.
        let dir = tempfile::tempdir().unwrap();
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("redis::a_server_ends_with_the_test_process_that_was_killed")
            .env(VICTIM, "1")
            .env("TMPDIR", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stderr.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .unwrap();
        assert!(TcpStream::connect(&address).await.is_ok());
        victim.kill().unwrap();
        victim.wait().unwrap();
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}
