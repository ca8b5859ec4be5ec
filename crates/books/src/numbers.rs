//! The books' own numbers for things, each a type of its own.

use std::fmt;

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub(crate) i64);

            impl $name {
                /// The one that stands in the database as this number.
                #[must_use]
                pub const fn new(number: i64) -> Self {
                    Self(number)
                }

                /// As it stands in the database.
                #[must_use]
                pub const fn get(self) -> i64 {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }
        )*
    };
}

number! {
    /// A pool.
    PoolNumber;
    /// A stream of a pool.
    StreamNumber;
    /// A member.
    MemberNumber;
    /// An order of a pool.
    OrderNumber;
    /// A version of an order: what a line of a settlement is about.
    VersionNumber;
    /// An item of income.
    ItemNumber;
    /// An imported file.
    ImportNumber;
    /// A settlement of a stream's day.
    SettlementNumber;
    /// A posting.
    PostingNumber;
    /// A transfer of what a stream collected.
    TransferNumber;
    /// A movement of the treasury.
    MovementNumber;
    /// A withdrawal: its id.
    WithdrawalNumber;
    /// A proposal that a second person confirms.
    ProposalNumber;
}
