//! What can be made to go wrong at one endpoint.

use paydirt_chain::{Address, FeeQuote, Identity, Receipt, Rejection, TxId};

/// The calls that an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// All of them.
    Any,
    /// Chain id and genesis.
    Identify,
    /// Head and finalised block.
    Head,
    /// Whether there is a finality signal.
    Finality,
    /// Blocks by number.
    Blocks,
    /// Balance and nonce.
    Account,
    /// Highest pending nonce.
    NonceSeen,
    /// Fees.
    Quote,
    /// Simulation.
    Probe,
    /// Submission of one batch of transactions.
    Submit,
    /// Receipts.
    Receipts,
    /// A look through blocks.
    SentBy,
    /// What came in.
    Income,
    /// The node's own addresses.
    Signers,
    /// Signing by the node.
    Sign,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing takes effect; the caller gets an error.
    Refused,
    /// The call takes effect; the caller gets an error.
    LostReply,
    /// The first so many transactions of a batch take effect; the caller gets an error.
    CutAfter(usize),
    /// The caller gets a time-out; a submission takes effect at
    /// [`release`](crate::EndpointHandle::release).
    Late,
    /// The caller waits until [`release`](crate::EndpointHandle::release); then the call takes
    /// effect and is answered.
    Hangs,
    /// The call takes effect and is answered; a submission arrives once more at
    /// [`release`](crate::EndpointHandle::release).
    Duplicated,
    /// The node handles a transaction as ever, and says that it refused it. Submissions only,
    /// counted by transaction.
    FalseRejection(Rejection),
    /// The node drops a transaction and says that it took it. Submissions only, counted by
    /// transaction.
    FalseAcceptance,
}

impl Fault {
    /// Whether it strikes single transactions of a batch.
    pub(crate) fn is_per_transaction(self) -> bool {
        matches!(self, Self::FalseRejection(_) | Self::FalseAcceptance)
    }
}

/// A wrong answer that an endpoint gives until it is [honest](crate::EndpointHandle::honest)
/// again. Of two about one thing, the later one is told.
#[derive(Clone, Debug)]
pub enum Lie {
    /// It is on another chain.
    Identity(Identity),
    /// The finalised block's number.
    Finalised(Option<u64>),
    /// The hash of the block of this number, wherever it names it.
    BlockHash {
        /// The block's number.
        number: u64,
        /// The hash to tell.
        hash: String,
    },
    /// An account's mined nonce.
    Nonce {
        /// The account.
        address: Address,
        /// The nonce to tell.
        nonce: u64,
    },
    /// An account's balance.
    Balance {
        /// The account.
        address: Address,
        /// Base units to tell.
        balance: u128,
    },
    /// A transaction's receipt, or that there is none.
    Receipt {
        /// The transaction.
        id: TxId,
        /// The receipt to tell.
        receipt: Option<Receipt>,
    },
    /// The market.
    Quote(FeeQuote),
    /// It is still synchronising.
    Syncing,
}
