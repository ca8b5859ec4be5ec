//! The connection: one, opened when needed, given up when it fails.
//!
//! A command is sent once. What to repeat is the caller's to say; every error comes within the
//! response time-out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use paydirt_ledger::LedgerError;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, RedisResult, Value};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::{ConfigError, RedisLedgerConfig, fault, script};

pub(crate) struct Wire {
    client: Client,
    settings: AsyncConnectionConfig,
    response_timeout: Duration,
    wait_replicas: u32,
    connection: Mutex<Option<MultiplexedConnection>>,
    /// Whether this process has sent the script's text: before, Redis hardly has it.
    has_script: AtomicBool,
}

/// Whether an operation moves money, so that replicas must have it before it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

const PROBE_TTL_S: u32 = 60;

impl Wire {
    pub(crate) fn new(config: &RedisLedgerConfig) -> Result<Self, ConfigError> {
        let client = Client::open(config.url.as_str())
            .map_err(|error| ConfigError::Url(error.category().to_owned()))?;
        for (name, ms) in [
            ("connection_timeout_ms", config.connection_timeout_ms),
            ("response_timeout_ms", config.response_timeout_ms),
        ] {
            if ms == 0 {
                return Err(ConfigError::NoTime(name));
            }
        }
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(Duration::from_millis(config.connection_timeout_ms)))
            .set_response_timeout(None);
        Ok(Self {
            client,
            settings,
            response_timeout: Duration::from_millis(config.response_timeout_ms),
            wait_replicas: config.wait_replicas,
            connection: Mutex::new(None),
            has_script: AtomicBool::new(false),
        })
    }

    /// Sends a pipeline; one result a command.
    pub(crate) async fn send(
        &self,
        pipeline: &mut Pipeline,
    ) -> Result<Vec<RedisResult<Value>>, LedgerError> {
        let asked = timeout(self.response_timeout, self.exchange(pipeline)).await;
        let results = match asked {
            Ok(Ok(results)) => results,
            Ok(Err(error)) => {
                self.give_up().await;
                return Err(fault::of(&error));
            }
            Err(_) => {
                self.give_up().await;
                let ms = self.response_timeout.as_millis();
                return Err(LedgerError::Unavailable(format!(
                    "no answer within {ms} ms"
                )));
            }
        };
        if results
            .iter()
            .any(|r| r.as_ref().is_err_and(fault::ends_connection))
        {
            self.give_up().await;
        }
        Ok(results)
    }

    /// Sends one command.
    pub(crate) async fn command(&self, command: Cmd) -> Result<Value, LedgerError> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(command);
        let mut results = self.send(&mut pipeline).await?;
        results
            .pop()
            .ok_or_else(|| fault::odd_reply("a command"))?
            .map_err(|e| fault::of(&e))
    }

    /// Runs the script by its hash, or by its text where Redis has forgotten it.
    pub(crate) async fn run(
        &self,
        arguments: &[String],
        kind: Kind,
        probe: &str,
    ) -> Result<Value, LedgerError> {
        if self.has_script.load(Ordering::Relaxed) {
            let reply = self
                .run_as("EVALSHA", script::hash(), arguments, kind, probe)
                .await?;
            match reply {
                Err(error) if error.code() == Some("NOSCRIPT") => {}
                other => return other.map_err(|error| fault::of(&error)),
            }
        }
        let reply = self
            .run_as("EVAL", script::TEXT, arguments, kind, probe)
            .await?;
        self.has_script.store(true, Ordering::Relaxed);
        reply.map_err(|error| fault::of(&error))
    }

    async fn run_as(
        &self,
        how: &str,
        script: &str,
        arguments: &[String],
        kind: Kind,
        probe: &str,
    ) -> Result<RedisResult<Value>, LedgerError> {
        let mut eval = redis::cmd(how);
        eval.arg(script).arg(0).arg(arguments);
        let mut pipeline = Pipeline::with_capacity(3);
        pipeline.add_command(eval);
        let awaits = kind == Kind::Write && self.wait_replicas > 0;
        if awaits {
            // A repeated move may have nothing left to write; WAIT only looks at this
            // connection's own writes, so it needs one that comes after the move.
            pipeline
                .cmd("SET")
                .arg(probe)
                .arg("wait")
                .arg("EX")
                .arg(PROBE_TTL_S);
            let half_ms = self.response_timeout.as_millis().div_euclid(2).max(1);
            pipeline
                .cmd("WAIT")
                .arg(self.wait_replicas)
                .arg(half_ms.to_string());
        }
        let mut results = self.send(&mut pipeline).await?.into_iter();
        let reply = results.next().ok_or_else(|| fault::odd_reply("a script"))?;
        if awaits && reply.is_ok() {
            self.acknowledged(results.next(), results.next())?;
        }
        Ok(reply)
    }

    fn acknowledged(
        &self,
        written: Option<RedisResult<Value>>,
        waited: Option<RedisResult<Value>>,
    ) -> Result<(), LedgerError> {
        for result in [&written, &waited] {
            if let Some(Err(error)) = result {
                return Err(LedgerError::Unavailable(fault::of(error).to_string()));
            }
        }
        match waited {
            Some(Ok(Value::Int(count))) if count >= i64::from(self.wait_replicas) => Ok(()),
            Some(Ok(Value::Int(count))) => Err(LedgerError::Unavailable(format!(
                "{count} of {} replicas acknowledged the move in time",
                self.wait_replicas
            ))),
            _ => Err(fault::odd_reply("WAIT")),
        }
    }

    async fn exchange(&self, pipeline: &mut Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut connection = self.connection().await?;
        pipeline.ignore_errors().query_async(&mut connection).await
    }

    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let mut current = self.connection.lock().await;
        if let Some(connection) = &*current {
            return Ok(connection.clone());
        }
        let fresh = self
            .client
            .get_multiplexed_async_connection_with_config(&self.settings)
            .await?;
        *current = Some(fresh.clone());
        Ok(fresh)
    }

    async fn give_up(&self) {
        *self.connection.lock().await = None;
    }
}
