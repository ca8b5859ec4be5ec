use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::Error;
use crate::gate::Gate;
use crate::listener::{Listener, Rules, lock};
use crate::resp;

/// What happens to a command.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RedisFault {
    /// The connection closes; the server sees nothing of it.
    CutBefore,
    /// The server carries it out; then the connection closes without an answer.
    CutAfter,
    /// The server sees it when the gate opens; its whole connection waits.
    Hold(Gate),
    /// The server carries it out; answers on its connection wait until the gate opens.
    HoldReply(Gate),
}

/// Stands before a Redis: counts round trips and commands, and breaks those it is told to.
///
/// A rule names bytes that the command, as sent, contains: its name in the client's spelling, a
/// key, a script's hash; the empty text matches all. The oldest rule that matches applies.
pub struct RedisProxy {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

struct State {
    target: SocketAddr,
    rules: Rules<RedisFault>,
    round_trips: usize,
    commands: BTreeMap<String, usize>,
}

impl RedisProxy {
    /// Listens on a free port and forwards to `target`.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start(target: SocketAddr) -> Result<Self, Error> {
        let commands = BTreeMap::new();
        let state = State {
            target,
            rules: Rules::new(),
            round_trips: 0,
            commands,
        };
        let state = Arc::new(Mutex::new(state));
        let ours = Arc::clone(&state);
        let listener = Listener::start(move |stream| serve(stream, Arc::clone(&ours))).await?;
        Ok(Self { listener, state })
    }

    /// `redis://127.0.0.1:<port>/0`
    pub fn url(&self) -> String {
        format!("redis://{}/0", self.listener.address())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Connections opened from now on go to another server: a fail-over.
    pub fn set_target(&self, target: SocketAddr) {
        lock(&self.state).target = target;
    }

    /// Breaks the next command that contains `bytes`.
    pub fn once(&self, bytes: &str, fault: RedisFault) {
        lock(&self.state).rules.add(bytes, fault, Some(1));
    }

    /// Breaks every command that contains `bytes` until [`RedisProxy::heal`].
    pub fn always(&self, bytes: &str, fault: RedisFault) {
        lock(&self.state).rules.add(bytes, fault, None);
    }

    /// Forgets all rules. What stands at a gate still waits there.
    pub fn heal(&self) {
        lock(&self.state).rules.clear();
    }

    /// Refuses connections, and closes those that are open.
    pub async fn down(&mut self) {
        self.listener.down().await;
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// The port was taken meanwhile.
    pub async fn up(&mut self) -> Result<(), Error> {
        self.listener.up().await
    }

    /// How often a client sent after it had been answered: a pipeline is one round trip.
    pub fn round_trips(&self) -> usize {
        lock(&self.state).round_trips
    }

    /// Commands received of this name, in capitals, as `EVALSHA`.
    pub fn commands(&self, name: &str) -> usize {
        lock(&self.state)
            .commands
            .get(name)
            .copied()
            .unwrap_or_default()
    }

    /// Starts counting from zero.
    pub fn reset_counts(&self) {
        let mut state = lock(&self.state);
        state.round_trips = 0;
        state.commands.clear();
    }
}

/// One connection of a client, and the one to the server behind it.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    unsent: Vec<u8>,
    awaits_answer: bool,
    hold_reply: Option<Gate>,
    state: Arc<Mutex<State>>,
}

/// The connection is to be closed.
struct Cut;

impl From<std::io::Error> for Cut {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

async fn serve(client: TcpStream, state: Arc<Mutex<State>>) {
    let target = lock(&state).target;
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let _small_writes_may_wait = server.set_nodelay(true);
    let (unsent, awaits_answer, hold_reply) = (Vec::new(), false, None);
    let mut pair = Pair {
        client,
        server,
        unsent,
        awaits_answer,
        hold_reply,
        state,
    };
    while pair.step().await.is_ok() {}
}

impl Pair {
    async fn step(&mut self) -> Result<(), Cut> {
        let mut answer = Vec::new();
        tokio::select! {
            read = self.client.read_buf(&mut self.unsent) => {
                if read? == 0 {
                    return Err(Cut);
                }
                self.pass_commands().await
            }
            read = self.server.read_buf(&mut answer) => {
                if read? == 0 {
                    return Err(Cut);
                }
                if let Some(gate) = self.hold_reply.take() {
                    gate.pass().await;
                }
                self.awaits_answer = false;
                Ok(self.client.write_all(&answer).await?)
            }
        }
    }

    async fn pass_commands(&mut self) -> Result<(), Cut> {
        while let Some((length, name)) = resp::first_command(&self.unsent) {
            let command: Vec<u8> = self.unsent.drain(..length).collect();
            match self.record(&command, name) {
                Some(RedisFault::CutBefore) => return Err(Cut),
                Some(RedisFault::CutAfter) => return self.finish_unheard(&command).await,
                Some(RedisFault::Hold(gate)) => gate.pass().await,
                Some(RedisFault::HoldReply(gate)) => self.hold_reply = Some(gate),
                None => {}
            }
            self.server.write_all(&command).await?;
        }
        Ok(())
    }

    fn record(&mut self, command: &[u8], name: String) -> Option<RedisFault> {
        let mut state = lock(&self.state);
        if !self.awaits_answer {
            self.awaits_answer = true;
            state.round_trips += 1;
        }
        *state.commands.entry(name).or_default() += 1;
        state
            .rules
            .take(|bytes| contains(command, bytes.as_bytes()))
    }

    /// Redis reads all that came before the end of the stream, so at its own end it has done it.
    async fn finish_unheard(&mut self, command: &[u8]) -> Result<(), Cut> {
        self.server.write_all(command).await?;
        self.server.shutdown().await?;
        let mut unheard = Vec::new();
        self.server.read_to_end(&mut unheard).await?;
        Err(Cut)
    }
}

fn contains(command: &[u8], bytes: &[u8]) -> bool {
    bytes.is_empty() || command.windows(bytes.len()).any(|window| window == bytes)
}
