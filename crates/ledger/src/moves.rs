//! What goes into a move of a ledger, and what comes out of it.

use paydirt_chain::TxId;
use paydirt_money::Amount;
use paydirt_schedule::Timestamp;
use uuid::Uuid;

use crate::{JournalId, Leg, LegId, LegSource, MemberId, MoveId, PaymentId, WalletId};

/// What every move carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveContext {
    /// Our journal: another one's ledger refuses.
    pub journal: JournalId,
    /// The wallet that pays.
    pub wallet: WalletId,
    /// The lease's token: lower than last seen is refused.
    pub token: u64,
    /// The last move that the journal knows of: a ledger that doesn't know it refuses.
    pub known: Option<MoveId>,
    /// The random part of this move's id, drawn anew for each move.
    pub id: Uuid,
    /// Time to book it at.
    pub at: Timestamp,
}

/// The result of a move: one outcome for each item asked, in order, and the ledger's last move
/// afterwards (this one, or an older one if nothing had to move).
#[must_use = "the journal must learn the ledger's last move"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved<T> {
    /// The ledger's last move.
    pub last: Option<MoveId>,
    /// One a request.
    pub outcomes: Vec<T>,
}

/// What became of asking to hold a payment's legs: all of them, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldOutcome {
    /// All legs are held (now, or since an earlier call with the same ids).
    Held,
    /// None is held by this call; which leg could not be, and why (balance below the planned
    /// amount, a tombstone, an entry that is no number).
    Refused {
        /// The first leg at fault.
        leg: LegId,
        /// Why.
        reason: String,
    },
}

/// A leg that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The leg.
    pub leg: Leg,
    /// Its transaction.
    pub transaction: TxId,
    /// Number of the final block.
    pub block: u64,
    /// The leg's part of the network fee, base units.
    pub fee: u128,
}

/// What became of settling a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleOutcome {
    /// In flight → paid.
    Settled,
    /// It was settled before: nothing moved.
    Already,
    /// Its hold was missing (rolled back by another program, or lost): what there was, was
    /// debited, the rest is a receivable. Alert.
    WithoutHold {
        /// Taken from the balance.
        debited: Amount,
        /// Owed by the member.
        receivable: Amount,
    },
}

/// What became of releasing a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseOutcome {
    /// In flight → payable.
    Released,
    /// It was released or voided before: nothing moved.
    Already,
    /// There was no hold: nothing moved. Alert.
    NothingHeld,
    /// It is settled: nothing moved. Alert.
    IsSettled,
}

/// What became of voiding a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidOutcome {
    /// It was not held; now it never can be.
    Voided,
    /// It was held; it was given back, and never can be held again.
    GivenBack,
    /// It was void or released before: nothing moved.
    Already,
    /// It is settled: nothing moved. Alert.
    IsSettled,
}

/// Where the ledger has a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// Never heard of it.
    Absent,
    /// In flight, with everything that belongs to it in place.
    Held,
    /// Marked as in flight, but another program has rolled it back (its pending row is gone, or
    /// less is in flight than its amount).
    RolledBack,
    /// Paid.
    Settled,
    /// Given back.
    Released,
    /// Can never be held.
    Void,
}

/// A leg that the ledger has in flight, as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLeg {
    /// The leg.
    pub leg: LegId,
    /// Its payment.
    pub payment: PaymentId,
    /// The wallet that holds it.
    pub wallet: WalletId,
    /// The member.
    pub member: MemberId,
    /// Where it was to be paid, as text.
    pub address: String,
    /// How much.
    pub amount: Amount,
    /// What it pays.
    pub source: LegSource,
    /// When it was held.
    pub at: Timestamp,
}

/// A member who is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payable {
    /// The member.
    pub member: MemberId,
    /// Where to, as the ledger has it: not checked by any chain.
    pub address: String,
    /// The whole payable balance, less what the member owes; or the sum of the withdrawals.
    pub amount: Amount,
    /// What is to be paid.
    pub source: LegSource,
}

/// An entry that can't be paid as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadEntry {
    /// The member.
    pub member: MemberId,
    /// What would be paid.
    pub source: LegSource,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// Something that is due, and that a rule of the pool keeps until later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The member.
    pub member: MemberId,
    /// What waits.
    pub source: LegSource,
    /// How much.
    pub amount: Amount,
    /// What for.
    pub reason: String,
}

/// Who is due, and who would be but can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payables {
    /// Due, in the order in which they should be paid if not all can be.
    pub due: Vec<Payable>,
    /// Not payable: a balance that is no integer, or negative; no address that may be paid.
    pub bad: Vec<BadEntry>,
    /// Due, and paid later all the same.
    pub waiting: Vec<Waiting>,
    /// Number of members with a balance that is not above their threshold.
    pub below: usize,
}

/// What a reconciliation brings a leg to, whatever the ledger has now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "made one by one, in a reconciliation only"
)]
pub enum ReapplyTo {
    /// In flight.
    Held,
    /// Paid.
    Settled(Settlement),
    /// Given back, or a tombstone.
    Gone,
}

/// One leg of a reconciliation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reapply {
    /// The leg.
    pub leg: Leg,
    /// Its payment.
    pub payment: PaymentId,
    /// What the journal says.
    pub to: ReapplyTo,
}

/// What a reconciliation did to a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReapplyOutcome {
    /// It was so already.
    Unchanged,
    /// It was brought there from this state.
    Applied {
        /// Where the ledger had it.
        from: HoldState,
        /// What the balance lacked, booked as a receivable (0: nothing).
        receivable: Amount,
    },
}
