//! When a block is final: of a chain, or of a pool.

use super::fault::Fault;
use super::section::Section;
use super::words::digits;

/// Confirmations where a node without a finality signal is paid through by `auto`.
const AUTO_CONFIRMATIONS: u64 = 12;
/// Money goes back only so many times deeper than it counts as paid.
const RELEASE_TIMES: u64 = 3;
const CONFIRMATIONS_MAX: u64 = 100_000;

/// When a block is to count as final. Decided with a wallet's first contact, and journalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// By the chain's own signal; a chain without one is refused. `release_confirmations` only
    /// says how far back earlier verdicts are looked at again.
    Signalled {
        /// Blocks.
        release_confirmations: u64,
    },
    /// So many blocks below the head.
    Depth {
        /// Blocks until a payment counts as made; at least 1.
        confirmations: u64,
        /// Blocks until money may be given back; at least twice `confirmations`.
        release_confirmations: u64,
    },
    /// By the chain's signal if it has one at first contact, else so many blocks.
    Auto {
        /// Blocks until a payment counts as made.
        confirmations: u64,
        /// Blocks until money may be given back.
        release_confirmations: u64,
    },
}

#[derive(Clone, Copy)]
enum Word {
    Finalized,
    Auto,
    Blocks(u64),
}

/// `confirmations` and `release_confirmations`: of a chain, or of a pool, which has its chain's
/// where it says nothing.
pub(super) fn read_confirmations(
    section: &Section<'_>,
    of_chain: Option<Finality>,
) -> Option<Finality> {
    let default = if of_chain.is_none() {
        Some("finalized")
    } else {
        None
    };
    let set = section.is_set("confirmations");
    let word = section.word_or_number("confirmations", default, word);
    let release = section.whole("release_confirmations", 1..=CONFIRMATIONS_MAX);
    let finality = match (word, of_chain) {
        (Some(word), _) => finality(word, release),
        (None, Some(inherited)) if !set => with_release(inherited, release),
        _ => return None,
    };
    let too_shallow = match finality {
        Finality::Depth {
            confirmations,
            release_confirmations,
        }
        | Finality::Auto {
            confirmations,
            release_confirmations,
        } => release_confirmations < confirmations.saturating_mul(2),
        Finality::Signalled { .. } => false,
    };
    if too_shallow {
        let cure = "give at least twice the confirmations: giving back is what must not be undone";
        section.fault(
            "release_confirmations",
            Fault::new("is not well above confirmations", cure),
        );
        return None;
    }
    Some(finality)
}

fn word(text: &str) -> Result<Word, Fault> {
    let number = digits(text).filter(|number| (1..=CONFIRMATIONS_MAX).contains(number));
    match (text, number) {
        ("finalized", _) => Ok(Word::Finalized),
        ("auto", _) => Ok(Word::Auto),
        (_, Some(blocks)) => Ok(Word::Blocks(blocks)),
        _ => Err(Fault::new(
            "is neither \"finalized\", \"auto\" nor a number of blocks from 1 to 100000",
            "write \"finalized\" where the chain signals finality, else a number of blocks",
        )),
    }
}

fn finality(word: Word, release: Option<u64>) -> Finality {
    let default = |confirmations: u64| confirmations.saturating_mul(RELEASE_TIMES);
    let of_auto = default(AUTO_CONFIRMATIONS);
    match word {
        Word::Finalized => Finality::Signalled {
            release_confirmations: release.unwrap_or(of_auto),
        },
        Word::Auto => Finality::Auto {
            confirmations: AUTO_CONFIRMATIONS,
            release_confirmations: release.unwrap_or(of_auto),
        },
        Word::Blocks(confirmations) => Finality::Depth {
            confirmations,
            release_confirmations: release.unwrap_or(default(confirmations)),
        },
    }
}

fn with_release(inherited: Finality, release: Option<u64>) -> Finality {
    match (inherited, release) {
        (_, None) => inherited,
        (Finality::Signalled { .. }, Some(release_confirmations)) => Finality::Signalled {
            release_confirmations,
        },
        (Finality::Depth { confirmations, .. }, Some(release_confirmations)) => Finality::Depth {
            confirmations,
            release_confirmations,
        },
        (Finality::Auto { confirmations, .. }, Some(release_confirmations)) => Finality::Auto {
            confirmations,
            release_confirmations,
        },
    }
}
