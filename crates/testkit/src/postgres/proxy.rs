//! The wire in front of a PostgreSQL.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::PostgresServer;
use crate::error::Error;
use crate::gate::Gate;
use crate::listener::{Listener, Rules, lock};

/// Messages of a client: a query without parameters, and the end of one with them.
const QUERY: u8 = b'Q';
const SYNC: u8 = b'S';
/// A server's last message of each answer.
const READY_FOR_QUERY: u8 = b'Z';
/// What a client may ask before anything else; the answer is one byte.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What happens to a statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PostgresFault {
    /// The connection closes; the server sees nothing of it.
    CutBefore,
    /// The server carries it out; then the connection closes without an answer.
    CutAfter,
    /// The server sees it when the gate opens; its whole connection waits.
    Hold(Gate),
    /// The server carries it out; answers on its connection wait until the gate opens.
    HoldReply(Gate),
}

/// Stands before a PostgreSQL: counts round trips, and breaks what it is told to.
///
/// A rule names bytes of a client's message, as `COMMIT` or a table's name; the empty text matches
/// all. A statement's text passes only when a connection prepares it, its values each time; one
/// without values is `COMMIT\0` as a whole. The oldest rule that matches applies.
pub struct PostgresProxy {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

struct State {
    target: SocketAddr,
    rules: Rules<PostgresFault>,
    round_trips: usize,
}

impl PostgresProxy {
    /// Listens on a free port and forwards to this server.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start(server: &PostgresServer) -> Result<Self, Error> {
        let state = Arc::new(Mutex::new(State {
            target: server.address(),
            rules: Rules::new(),
            round_trips: 0,
        }));
        let ours = Arc::clone(&state);
        let listener = Listener::start(move |stream| serve(stream, Arc::clone(&ours))).await?;
        Ok(Self { listener, state })
    }

    /// As [`PostgresServer::url`], through this proxy.
    pub fn url(&self) -> String {
        PostgresServer::url_at(self.listener.address())
    }

    /// Breaks the next message that contains `bytes`.
    pub fn once(&self, bytes: &str, fault: PostgresFault) {
        lock(&self.state).rules.add(bytes, fault, Some(1));
    }

    /// Lets `passes` messages pass that contain `bytes`, and breaks the next.
    pub fn once_after(&self, passes: u32, bytes: &str, fault: PostgresFault) {
        let rules = &mut lock(&self.state).rules;
        rules.add_after(passes, bytes, fault, Some(1));
    }

    /// Breaks every message that contains `bytes` until [`PostgresProxy::heal`].
    pub fn always(&self, bytes: &str, fault: PostgresFault) {
        lock(&self.state).rules.add(bytes, fault, None);
    }

    /// Forgets all rules, and returns how many of them never came to be used up. What stands at a
    /// gate still waits there.
    pub fn heal(&self) -> usize {
        let rules = &mut lock(&self.state).rules;
        let unused = rules.unused();
        rules.clear();
        unused
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

    /// How often a client waited for an answer since the last call.
    pub fn take_round_trips(&self) -> usize {
        std::mem::take(&mut lock(&self.state).round_trips)
    }
}

/// One connection of a client, and the one to the server behind it.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    unsent: Vec<u8>,
    greeted: bool,
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
    let mut pair = Pair {
        client,
        server,
        unsent: Vec::new(),
        greeted: false,
        hold_reply: None,
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
                self.pass_messages().await
            }
            read = self.server.read_buf(&mut answer) => {
                if read? == 0 {
                    return Err(Cut);
                }
                if let Some(gate) = self.hold_reply.take() {
                    gate.pass().await;
                }
                Ok(self.client.write_all(&answer).await?)
            }
        }
    }

    async fn pass_messages(&mut self) -> Result<(), Cut> {
        while let Some(length) = self.next_length() {
            let message: Vec<u8> = self.unsent.drain(..length).collect();
            if !self.greeted {
                self.greeted = message != SSL_REQUEST;
                self.server.write_all(&message).await?;
                continue;
            }
            match self.record(&message) {
                Some(PostgresFault::CutBefore) => return Err(Cut),
                Some(PostgresFault::CutAfter) => return self.finish_unheard(&message).await,
                Some(PostgresFault::Hold(gate)) => gate.pass().await,
                Some(PostgresFault::HoldReply(gate)) => self.hold_reply = Some(gate),
                None => {}
            }
            self.server.write_all(&message).await?;
        }
        Ok(())
    }

    /// Of the first message, when it is there whole: a letter (not before the greeting is over)
    /// and a length that counts itself.
    fn next_length(&self) -> Option<usize> {
        let letter = usize::from(self.greeted);
        let length = self.unsent.get(letter..letter + 4)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let whole = letter + usize::try_from(length).ok()?;
        (self.unsent.len() >= whole).then_some(whole)
    }

    fn record(&mut self, message: &[u8]) -> Option<PostgresFault> {
        let mut state = lock(&self.state);
        if matches!(message.first(), Some(&QUERY | &SYNC)) {
            state.round_trips += 1;
        }
        state.rules.take(|bytes| contains(message, bytes))
    }

    /// Hands on what the client still sends, and its answer to nobody.
    async fn finish_unheard(&mut self, message: &[u8]) -> Result<(), Cut> {
        self.server.write_all(message).await?;
        self.server
            .write_all(&std::mem::take(&mut self.unsent))
            .await?;
        let mut unheard = Vec::new();
        while !ends_an_answer(&unheard) {
            let mut more = Vec::new();
            tokio::select! {
                read = self.client.read_buf(&mut more) => {
                    if read? == 0 {
                        return Err(Cut);
                    }
                    self.server.write_all(&more).await?;
                }
                read = self.server.read_buf(&mut unheard) => {
                    if read? == 0 {
                        return Err(Cut);
                    }
                }
            }
        }
        Err(Cut)
    }
}

/// The last message is the six bytes of `ReadyForQuery`.
fn ends_an_answer(bytes: &[u8]) -> bool {
    let last = bytes
        .len()
        .checked_sub(6)
        .and_then(|from| bytes.get(from..));
    last.is_some_and(|last| last.starts_with(&[READY_FOR_QUERY, 0, 0, 0, 5]))
}

fn contains(message: &[u8], bytes: &str) -> bool {
    let bytes = bytes.as_bytes();
    bytes.is_empty() || message.windows(bytes.len()).any(|window| window == bytes)
}
