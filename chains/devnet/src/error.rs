//! Why the devnet did not do what its tester asked.

use paydirt_chain::{Address, AddressError, TxId};

/// Why the devnet did not do what its tester asked. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DevnetError {
    /// No key was dealt for this address.
    #[error("no key was dealt for {0}; nothing was signed; make the wallet by Devnet::wallet")]
    UnknownKey(Address),
    /// Not an address of this chain.
    #[error(transparent)]
    BadAddress(#[from] AddressError),
    /// A reorganisation would go below the finalised block, or below genesis.
    #[error(
        "a reorganisation of {depth} blocks at head {head} would replace block {limit} or below, \
         which is final; nothing was changed; ask for fewer"
    )]
    TooDeep {
        /// Blocks to replace.
        depth: u64,
        /// The head.
        head: u64,
        /// The block that stays.
        limit: u64,
    },
    /// Bytes that are no transaction of this network.
    #[error("these bytes are no transaction of this network: {0}; nothing was done with them")]
    BadBytes(String),
    /// Nobody ever showed this transaction to the network.
    #[error("the network never saw transaction {0}; nothing was mined")]
    UnknownTransaction(TxId),
    /// A transaction can't be executed now.
    #[error("transaction {id} can't be mined now: {reason}; nothing was mined")]
    NotExecutable {
        /// The transaction.
        id: TxId,
        /// Nonce, funds or fee.
        reason: String,
    },
    /// More coins than 128 bits can count.
    #[error("{0} base units more would not fit 128 bits; nothing was dealt")]
    TooMuch(u128),
}
