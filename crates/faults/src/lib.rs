//! What if it stops, fails or waits just here?
//!
//! [`Faulty`] wraps a [`Chain`](paydirt_chain::Chain), a [`Ledger`](paydirt_ledger::Ledger) or a
//! [`Journal`](paydirt_ledger::Journal) and passes every call on. Before and after each call it
//! reaches a named point, and one [`Script`] shared by all wrappers of a process says what happens
//! there: go on, crash, fail, wait. So the engine has no crash code inside, and every step of the
//! protocol has points on both sides.
//!
//! Points are named after the call: `ledger.hold:before`, `journal.save:after`. A journal's
//! writes also name their changes, in order and each kind once:
//! `journal.write[moved+closed]:after`. `chain.submit:midway` lies between the two halves of a
//! batch. The n-th time that a point is reached is written `point#n`, from 1.
//!
//! An effect happens between `before` and `after`: a failure `before` is one without effect, a
//! failure `after` is a lost reply.

mod calls;
mod chain;
mod error;
mod journal;
mod ledger;
mod point;
mod script;

pub use calls::Faulty;
pub use error::FaultsError;
pub use point::Point;
pub use script::{Act, Script, Standing};
