//! Ids, each a type of its own.

use std::fmt;
use std::str::FromStr;

use paydirt_chain::{Address, Identity};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, ordered by time of making.
            #[allow(clippy::new_without_default, reason = "each call gives another value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// A journal: made once, stored in every ledger that it pays from.
    JournalId
);
uuid_id!(
    /// A payment: one transaction of one wallet, with one nonce.
    PaymentId
);
uuid_id!(
    /// A leg: one recipient of one payment.
    LegId
);
uuid_id!(
    /// An attempt: one signed version of a payment.
    AttemptId
);
uuid_id!(
    /// A request of a command to the running owner of a wallet.
    RequestId
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A member of a pool; on open-ethereum-pool's keys the login.
    MemberId
);
text_id!(
    /// A pool, by its name in the configuration.
    PoolId
);
text_id!(
    /// A wallet: chain identity and address, whatever names the configuration gives it.
    WalletId
);

impl WalletId {
    /// The id of this address on this chain.
    pub fn of(identity: &Identity, address: &Address) -> Self {
        Self(format!(
            "{}/{}/{}",
            identity.network, identity.genesis, address
        ))
    }
}

/// The id of one move of a ledger: its place in the ledger's order, and a random part, because two
/// moves made after a loss bring a mere counter to the same number.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct MoveId {
    /// Place in the ledger's order, from 1.
    pub seq: u64,
    /// Drawn anew for each move.
    pub id: Uuid,
}

impl fmt::Display for MoveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.id)
    }
}

impl FromStr for MoveId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not the id of a move (number:uuid)");
        let (seq, id) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Self {
            seq: seq.parse().map_err(|_| wrong())?,
            id: id.parse().map_err(|_| wrong())?,
        })
    }
}
