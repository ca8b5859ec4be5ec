//! Why a chain could not answer.

use crate::Identity;

/// Why a chain could not answer. Never evidence about a payment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No usable endpoint answered.
    #[error(
        "no endpoint answered ({detail}); nothing was concluded or moved; \
         check that the node runs and the URL is right"
    )]
    Unreachable {
        /// Each endpoint with its error.
        detail: String,
    },
    /// An endpoint is on another chain.
    #[error(
        "endpoint {endpoint} is on {found}, but {expected} is expected; \
         nothing was read from it or sent; correct its URL or the chain's configuration"
    )]
    WrongChain {
        /// The endpoint.
        endpoint: String,
        /// What the configuration or the journal says.
        expected: Identity,
        /// What the endpoint says.
        found: Identity,
    },
    /// Endpoints configured for verdicts contradict each other.
    #[error(
        "endpoints disagree about {what}: {detail}; no verdict was taken and no money moved; \
         wait until they agree, or find out which one is wrong"
    )]
    Disagree {
        /// What was asked.
        what: String,
        /// Each endpoint's answer.
        detail: String,
    },
    /// An endpoint configured for verdicts did not answer, or is not identified yet.
    #[error(
        "no verdict about {what}: {endpoint} did not answer ({detail}); \
         holds stay as they are until it does"
    )]
    NoVerdict {
        /// What was asked.
        what: String,
        /// The endpoint that is missing.
        endpoint: String,
        /// Its error.
        detail: String,
    },
    /// An endpoint answered, but not in a form that can be relied on.
    #[error("{endpoint} answered {what} in a form that can't be used: {detail}; nothing was moved")]
    BadAnswer {
        /// The endpoint.
        endpoint: String,
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// The chain or the node can't do what was asked.
    #[error("{what} is not possible: {detail}")]
    Unsupported {
        /// What was asked.
        what: String,
        /// Why not, and what to do.
        detail: String,
    },
    /// Signing failed; nothing was signed.
    #[error("nothing was signed: {0}")]
    Signing(String),
}

impl ChainError {
    /// Whether asking again later can help.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Disagree { .. }
                | Self::NoVerdict { .. }
                | Self::BadAnswer { .. }
        )
    }
}
