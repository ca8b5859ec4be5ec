use std::path::PathBuf;

/// Why a test server could not be had or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's program is not on this machine.
    #[error("{program} is not installed, so this test did not run: run tests/run, which {cure}")]
    Missing {
        /// The program looked for.
        program: &'static str,
        /// What `tests/run` does about it.
        cure: &'static str,
    },
    /// The server was started but ended, or did not become ready.
    #[error("{program} did not start; the end of its log:\n{log}")]
    NotStarted {
        /// The program started.
        program: &'static str,
        /// The last lines that it wrote.
        log: String,
    },
    /// An operation on a server that was stopped before.
    #[error("{program} is not running; start it again first")]
    NotRunning {
        /// The program that should run.
        program: &'static str,
    },
    /// A file or a process could not be handled.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A connection to a server of this crate failed.
    #[error("could not talk to {to}: {reason}")]
    Transport {
        /// The address.
        to: String,
        /// What went wrong.
        reason: String,
    },
    /// The JSON-RPC server answered with an error object.
    #[error("{method} was refused ({code}): {message}")]
    Rpc {
        /// The method called.
        method: String,
        /// JSON-RPC error code.
        code: i64,
        /// The node's words.
        message: String,
    },
}

impl Error {
    pub(crate) fn transport(to: impl Into<String>, reason: impl ToString) -> Self {
        Self::Transport {
            to: to.into(),
            reason: reason.to_string(),
        }
    }
}
