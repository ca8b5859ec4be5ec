use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::Error;
use crate::process::Process;
use crate::uses::uses;
use crate::{locate, port};

const PROGRAM: &str = "redis-server";
const CURE: &str = "installs Debian's package redis-server";
const PORT_TRIES: u8 = 20;
const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// What Paydirt asks of a Redis that keeps money: every write on disk before it is answered.
const SAFE: [&str; 8] = [
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--maxmemory-policy",
    "noeviction",
];

/// A Redis of one test's own. It is killed when dropped.
///
/// It appends every write to its file before it answers and never evicts, as Paydirt requires;
/// arguments given to [`RedisServer::start_with`] come last and win. Data, port and arguments stay
/// over [`RedisServer::kill9`], [`RedisServer::stop`] and [`RedisServer::restart`].
pub struct RedisServer {
    process: Option<Process>,
    dir: TempDir,
    port: u16,
    args: Vec<String>,
}

impl RedisServer {
    /// Starts an empty server.
    ///
    /// # Errors
    /// The program is not installed, or did not start (the error shows its log).
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(&[]).await
    }

    /// Starts an empty server with further arguments, as `["--maxmemory", "2mb"]`.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub async fn start_with(args: &[&str]) -> Result<Self, Error> {
        let dir = TempDir::with_prefix("paydirt-redis-").map_err(|source| Error::Io {
            what: "creating a directory in",
            path: std::env::temp_dir(),
            source,
        })?;
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let mut server = Self {
            process: None,
            dir,
            port: 0,
            args,
        };
        let mut tries = 1;
        loop {
            server.port = port::candidate();
            match server.restart().await {
                // Somebody else was faster on this port, or the arguments are wrong.
                Err(Error::NotStarted { log, .. })
                    if log.contains("bind: Address already in use") && tries < PORT_TRIES =>
                {
                    tries += 1;
                }
                outcome => return outcome.map(|()| server),
            }
        }
    }

    /// Starts a replica of `primary` and waits until its first copy is complete.
    ///
    /// # Errors
    /// As [`RedisServer::start`], or the primary does not run.
    pub async fn replica_of(primary: &Self) -> Result<Self, Error> {
        let port = primary.port.to_string();
        // The default delay before the first copy is 5 s, meant for many replicas at once.
        primary
            .command(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"])
            .await?;
        let replica = Self::start_with(&["--replicaof", "127.0.0.1", &port]).await?;
        let link = |info: BTreeMap<String, String>| info.get("master_link_status").cloned();
        while link(replica.info("replication").await?).as_deref() != Some("up") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(replica)
    }

    /// `redis://127.0.0.1:<port>/0`
    pub fn url(&self) -> String {
        format!("redis://{}/0", self.address())
    }

    /// Where it listens, also while it is down.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The directory of its data files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Kills it at once (SIGKILL). Without effect on a server that is down.
    pub fn kill9(&mut self) {
        self.process = None;
    }

    /// Asks it to stop (SIGTERM) and waits until it did. Without effect on one that is down.
    ///
    /// # Errors
    /// It ended by itself before.
    pub async fn stop(&mut self) -> Result<(), Error> {
        match self.process.take() {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }

    /// Starts it on the same port and data; one that runs is killed first.
    ///
    /// # Errors
    /// As [`RedisServer::start`].
    pub async fn restart(&mut self) -> Result<(), Error> {
        self.process = None;
        uses("redis");
        let path = locate::on_path(PROGRAM).ok_or(Error::Missing {
            program: PROGRAM,
            cure: CURE,
        })?;
        let mut args = vec!["--bind".into(), "127.0.0.1".into()];
        args.extend(["--port".into(), self.port.to_string()]);
        args.extend(SAFE.iter().map(|&arg| arg.to_owned()));
        args.extend_from_slice(&self.args);
        let mut process = Process::spawn(PROGRAM, &path, &args, self.dir.path())?;
        let (address, pid) = (self.address(), process.pid().to_string());
        process
            .wait_until_ready(async |_| {
                // Its process id tells it from a stranger on the same port; while it loads its
                // data it answers INFO too, but not yet PING.
                let ping = command(address, &["PING"]).await.ok()?;
                let text = command(address, &["INFO", "server"]).await.ok()?;
                let same = parse_info(&text).get("process_id") == Some(&pid);
                (same && ping == "+PONG").then_some(())
            })
            .await?;
        self.process = Some(process);
        Ok(())
    }

    /// Freezes it (SIGSTOP): connections stay open, nothing is answered.
    ///
    /// # Errors
    /// It does not run.
    pub fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::STOP)
    }

    /// Lets a paused server go on (SIGCONT).
    ///
    /// # Errors
    /// It does not run.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT)
    }

    /// One command on a connection of its own; the reply as it came, without a bulk's header
    /// (`+OK`, `:1`, `-ERR ...`, `$-1` for nothing, or a bulk string's content). For set-up, not
    /// for large replies.
    ///
    /// # Errors
    /// The server did not answer within five seconds.
    pub async fn command(&self, words: &[&str]) -> Result<String, Error> {
        command(self.address(), words).await
    }

    /// One section of `INFO`.
    ///
    /// # Errors
    /// As [`RedisServer::command`].
    pub async fn info(&self, section: &str) -> Result<BTreeMap<String, String>, Error> {
        Ok(parse_info(&self.command(&["INFO", section]).await?))
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        let process = self
            .process
            .as_ref()
            .ok_or(Error::NotRunning { program: PROGRAM })?;
        process.signal(signal)
    }
}

async fn command(address: SocketAddr, words: &[&str]) -> Result<String, Error> {
    let failed = |reason: String| Error::transport(address.to_string(), reason);
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(request.as_bytes()).await?;
        // With our half closed the server answers and closes too.
        stream.shutdown().await?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&reply).into_owned())
    };
    let reply = timeout(REPLY_LIMIT, exchange)
        .await
        .map_err(|late| failed(late.to_string()))?;
    let reply = reply.map_err(|error| failed(error.to_string()))?;
    let body = match reply.split_once("\r\n") {
        Some((header, content)) if header.starts_with('$') && header != "$-1" => content,
        _ => &reply,
    };
    Ok(body.trim_end().to_owned())
}

fn parse_info(text: &str) -> BTreeMap<String, String> {
    let pairs = text
        .lines()
        .filter_map(|line| line.trim_end().split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_redis_acknowledged_survives_kill_9() -> Result<(), Error> {
        let mut redis = RedisServer::start().await?;
        assert_eq!(
            redis
                .command(&["HSET", "eth:miners:a", "balance", "7"])
                .await?,
            ":1"
        );
        redis.kill9();
        assert!(matches!(
            redis.info("server").await,
            Err(Error::Transport { .. })
        ));
        redis.restart().await?;
        assert_eq!(
            redis.command(&["HGET", "eth:miners:a", "balance"]).await?,
            "7"
        );
        assert_eq!(redis.info("persistence").await?["aof_enabled"], "1");
        Ok(())
    }

    #[tokio::test]
    async fn a_replica_of_redis_has_the_data_and_refuses_writes() -> Result<(), Error> {
        let primary = RedisServer::start().await?;
        primary.command(&["SET", "a", "1"]).await?;
        let replica = RedisServer::replica_of(&primary).await?;
        assert_eq!(replica.command(&["GET", "a"]).await?, "1");
        assert!(
            replica
                .command(&["SET", "a", "2"])
                .await?
                .starts_with("-READONLY")
        );
        Ok(())
    }

    #[tokio::test]
    async fn a_paused_redis_answers_after_it_resumes() -> Result<(), Error> {
        let mut redis = RedisServer::start().await?;
        redis.pause()?;
        let waiting = tokio::spawn(command(redis.address(), &["PING"]));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        redis.resume()?;
        let reply = waiting
            .await
            .map_err(|error| Error::transport("task", error))?;
        assert_eq!(reply?, "+PONG");
        redis.pause()?;
        redis.stop().await
    }

    #[tokio::test]
    async fn arguments_for_redis_win_and_wrong_ones_show_its_log() -> Result<(), Error> {
        let redis = RedisServer::start_with(&["--maxmemory", "2mb"]).await?;
        assert_eq!(redis.info("memory").await?["maxmemory"], "2097152");
        assert!(redis.dir().join("appendonlydir").is_dir());
        let refused = RedisServer::start_with(&["--no-such-option", "1"]).await;
        let message = refused
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(message.contains("no-such-option"), "{message}");
        Ok(())
    }

    #[tokio::test]
    async fn a_dropped_redis_is_gone() -> Result<(), Error> {
        let redis = RedisServer::start().await?;
        let (address, dir) = (redis.address(), redis.dir().to_owned());
        drop(redis);
        assert!(TcpStream::connect(address).await.is_err());
        assert!(!dir.exists());
        Ok(())
    }
}
