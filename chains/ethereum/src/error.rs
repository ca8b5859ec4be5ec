/// Why a configuration is not usable; nothing was asked of any node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EthereumError {
    /// An endpoint's text is not an HTTP URL. The text is not repeated: it may hold a password.
    #[error("endpoint {position} is not usable: {reason}; write it as http://host:8545")]
    BadUrl {
        /// Its place in the list, from 1.
        position: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// No endpoint is configured.
    #[error("no endpoint is configured; name at least one node, as http://127.0.0.1:8545")]
    NoEndpoint,
    /// A number is out of range.
    #[error("{key} = {value} is out of range: it must be {range}")]
    OutOfRange {
        /// The configuration's key.
        key: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        range: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}; check the system's certificate store")]
    Client(String),
    /// The key can't sign.
    #[error("the private key can't be used: {0}; nothing was signed")]
    Key(String),
}
