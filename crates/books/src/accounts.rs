//! The accounts that entries are made on.
//!
//! An entry above 0 credits: the pool owes more, or has earned it. One below debits: the pool has
//! more, or has spent it. The entries of a posting sum to 0.

use std::fmt;

macro_rules! accounts {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $of:ident;)*) => {
        /// An account of a pool.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Account {
            $($(#[$doc])* $name,)*
        }

        impl Account {
            /// All of them.
            pub const ALL: &'static [Account] = &[$(Account::$name,)*];

            /// Its name in the books.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whose it is: a member's (each has one), or the pool's.
            #[must_use]
            pub const fn is_of_members(self) -> bool {
                matches!(self.of(), Of::Member | Of::Stream)
            }

            const fn of(self) -> Of {
                match self {
                    $(Self::$name => Of::$of,)*
                }
            }

            /// The one of this name, if there is one.
            #[must_use]
            pub fn of_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|account| account.name() == name)
            }
        }
    };
}

enum Of {
    Pool,
    Member,
    /// A member's, one a stream.
    Stream,
}

accounts! {
    /// What a member may withdraw, or is paid above the threshold.
    Available = "available", Member;
    /// Asked for and not yet on its way, or come back.
    Frozen = "frozen", Member;
    /// Earned, and not released yet.
    Vesting = "vesting", Member;
    /// Collected by a stream until it is transferred.
    ToTransfer = "to_transfer", Stream;
    /// In payments that are not final.
    InFlight = "in_flight", Member;
    /// Paid, from the beginning on.
    Paid = "paid", Member;
    /// What a member owes the pool: its entries are debits.
    Receivable = "receivable", Member;
    /// What the chain owed or gave: income, as it is settled.
    Income = "income", Pool;
    /// Service fees.
    Fees = "fees", Pool;
    /// Income that nobody's power reaches.
    Retained = "retained", Pool;
    /// Penalties, faults and gas that come off the income.
    Deductions = "deductions", Pool;
    /// Days on which the deductions were more than the income.
    Losses = "losses", Pool;
    /// Network fees that members bore.
    NetworkFeeRecovery = "network_fee_recovery", Pool;
    /// What was owed before these books.
    OpeningEquity = "opening_equity", Pool;
    /// What the operator put into the pool's wallets.
    Deposits = "deposits", Pool;
    /// What the operator took out of them.
    Draws = "draws", Pool;
    /// The pool's wallets, as far as the operator moved money in and out.
    Wallet = "wallet", Pool;
}

impl Account {
    /// Whether each member has one for each stream.
    #[must_use]
    pub const fn is_by_stream(self) -> bool {
        matches!(self.of(), Of::Stream)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
