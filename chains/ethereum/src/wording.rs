//! Each client's words for refusing a transaction, in one table.
//!
//! Taken from the clients' sources: geth `core/txpool/errors.go` and `core/error.go` (core-geth has
//! the same); Nethermind `Nethermind.TxPool/AcceptTxResult.cs` (older versions answer the result's
//! name; newer ones a text whose constant is named after geth's); Besu `RpcErrorType.java`; Erigon
//! `txnprovider/txpool/txpoolcfg/txpoolcfg.go`; anvil `crates/anvil/src/eth/error.rs`. What anvil
//! 1.7.1 says is also seen in tests. Not checked against a source, but known from their users'
//! reports: geth's limits of delegated accounts and its RPC guards ("tx fee … exceeds the
//! configured cap"), reth, OpenEthereum.
//!
//! None of it is evidence. In particular "nonce too low" is also what a node says when our own
//! transaction, sent once more, is mined already.

use paydirt_chain::{Rejection, Verdict};

enum Meaning {
    Known,
    Refused(Rejection),
}

use Meaning::{Known, Refused};
use Rejection::{
    FeeTooLow, InsufficientFunds, Invalid, NonceGap, NonceTooLow, PoolFull, Underpriced,
};

/// Lower-case phrases; the first that occurs in a message decides, so that a phrase stands before
/// those that it contains.
const PHRASES: &[(&str, Meaning)] = &[
    // geth, Erigon, reth, Nethermind
    ("already known", Known),
    // Nethermind before geth's words
    ("alreadyknown", Known),
    // Besu, old geth ("known transaction: <hash>")
    ("known transaction", Known),
    // anvil ("transaction already imported"), OpenEthereum ("… same hash was already imported")
    ("already imported", Known),
    // Erigon ("existing txn with same hash", older "existing tx …")
    ("with same hash", Known),
    // A delegation's own nonce, not the transaction's: geth
    ("authority nonce too low", Refused(Invalid)),
    // geth, Besu, Erigon, anvil, reth
    ("nonce too low", Refused(NonceTooLow)),
    ("nonce is too low", Refused(NonceTooLow)),
    ("oldnonce", Refused(NonceTooLow)),
    // geth, Besu, Erigon, anvil, reth
    ("replacement transaction underpriced", Refused(Underpriced)),
    (
        "future transaction tries to replace pending",
        Refused(Underpriced),
    ),
    ("replacementnotallowed", Refused(Underpriced)),
    ("could not replace existing tx", Refused(Underpriced)),
    // anvil's pool, when asked directly
    ("insufficient gas price to replace", Refused(Underpriced)),
    // OpenEthereum: both lines of its message
    ("another transaction with same nonce", Refused(Underpriced)),
    // geth, Besu, anvil
    ("nonce too high", Refused(NonceGap)),
    ("noncegap", Refused(NonceGap)),
    ("nonce gap", Refused(NonceGap)),
    ("noncetoofarinfuture", Refused(NonceGap)),
    ("nonce too far in", Refused(NonceGap)),
    ("too distant from current sender nonce", Refused(NonceGap)),
    (
        "invalid transaction with a lower nonce exists",
        Refused(NonceGap),
    ),
    ("gapped-nonce", Refused(NonceGap)),
    // geth, Erigon, anvil, reth, Nethermind
    ("insufficient funds", Refused(InsufficientFunds)),
    ("insufficientfunds", Refused(InsufficientFunds)),
    (
        "upfront cost exceeds account balance",
        Refused(InsufficientFunds),
    ),
    // geth, reth
    ("txpool is full", Refused(PoolFull)),
    // Erigon: pending, baseFee and queued
    ("sub-pool is full", Refused(PoolFull)),
    ("account limit exceeded", Refused(PoolFull)),
    ("in-flight transaction limit reached", Refused(PoolFull)),
    ("already has max pending", Refused(PoolFull)),
    ("address already reserved", Refused(PoolFull)),
    ("spammer", Refused(PoolFull)),
    ("too many transactions in the queue", Refused(PoolFull)),
    // Below the base fee: geth, anvil, Besu
    ("less than block base fee", Refused(FeeTooLow)),
    ("below current base fee", Refused(FeeTooLow)),
    // Below the node's least: geth, Nethermind, Erigon ("underpriced"), Besu
    ("gas price below", Refused(FeeTooLow)),
    ("underpriced", Refused(FeeTooLow)),
    ("fee too low", Refused(FeeTooLow)),
    ("feetoolow", Refused(FeeTooLow)),
    ("gas price supplied is too low", Refused(FeeTooLow)),
    // Bytes that this node never takes. Gas:
    ("intrinsic gas", Refused(Invalid)),
    ("intrinsicgas", Refused(Invalid)),
    ("gas limit is too high", Refused(Invalid)),
    ("gas limit too high", Refused(Invalid)),
    ("exceeds block gas limit", Refused(Invalid)),
    ("greater than the block gas limit", Refused(Invalid)),
    ("gaslimitexceeded", Refused(Invalid)),
    ("gas uint64 overflow", Refused(Invalid)),
    ("gasuintoverflow", Refused(Invalid)),
    // Signature and chain:
    ("invalid sender", Refused(Invalid)),
    ("invalid signature", Refused(Invalid)),
    ("invalid transaction v, r, s", Refused(Invalid)),
    ("failedtoresolvesender", Refused(Invalid)),
    ("invalid chain id", Refused(Invalid)),
    ("wrong chainid", Refused(Invalid)),
    ("chainid not supported", Refused(Invalid)),
    ("chainid is required", Refused(Invalid)),
    ("only replay-protected", Refused(Invalid)),
    ("signed for another chain", Refused(Invalid)),
    ("sender not an eoa", Refused(Invalid)),
    ("senderiscontract", Refused(Invalid)),
    ("not authorized to send transactions", Refused(Invalid)),
    // Form:
    ("oversized data", Refused(Invalid)),
    ("maxtxsizeexceeded", Refused(Invalid)),
    ("rlptoolong", Refused(Invalid)),
    ("rlp: ", Refused(Invalid)),
    ("failed to decode signed transaction", Refused(Invalid)),
    ("negative value", Refused(Invalid)),
    ("transaction type not supported", Refused(Invalid)),
    ("invalid transaction type", Refused(Invalid)),
    ("notsupportedtxtype", Refused(Invalid)),
    // Fees that contradict each other, or are above the node's own guard (`rpc.txfeecap`):
    ("higher than max fee per gas", Refused(Invalid)),
    ("exceeds max fee per gas", Refused(Invalid)),
    ("exceeds the configured cap", Refused(Invalid)),
    ("transaction fee cap exceeded", Refused(Invalid)),
];

/// What a node's refusal means; `Unknown` in words that are not in the table.
pub(crate) fn verdict(message: &str) -> Verdict {
    let words = message.to_lowercase();
    match PHRASES.iter().find(|(phrase, _)| words.contains(phrase)) {
        Some((_, Known)) => Verdict::AlreadyKnown,
        Some((_, Refused(rejection))) => Verdict::Rejected(*rejection, message.to_owned()),
        None => Verdict::Unknown(message.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(client: &str, message: &str, expected: Option<Rejection>) {
        let expected = match expected {
            Some(rejection) => Verdict::Rejected(rejection, message.to_owned()),
            None => Verdict::AlreadyKnown,
        };
        assert_eq!(verdict(message), expected, "{client}: {message}");
    }

    #[test]
    fn geths_words_are_understood() {
        for (message, expected) in [
            ("already known", None),
            ("nonce too low: next nonce 5, tx nonce 4", Some(NonceTooLow)),
            (
                "nonce too low: address 0x71, tx: 1 state: 2",
                Some(NonceTooLow),
            ),
            ("replacement transaction underpriced", Some(Underpriced)),
            (
                "replacement transaction underpriced: new tx gas tip cap 1 <= 1 queued",
                Some(Underpriced),
            ),
            (
                "future transaction tries to replace pending",
                Some(Underpriced),
            ),
            ("transaction underpriced", Some(FeeTooLow)),
            (
                "transaction underpriced: gas tip cap 0, minimum needed 1",
                Some(FeeTooLow),
            ),
            (
                "transaction gas price below minimum: gas tip cap 1, minimum needed 2",
                Some(FeeTooLow),
            ),
            (
                "max fee per gas less than block base fee: address 0x71",
                Some(FeeTooLow),
            ),
            (
                "insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1",
                Some(InsufficientFunds),
            ),
            ("txpool is full", Some(PoolFull)),
            (
                "account limit exceeded: pooled 16, limit 16",
                Some(PoolFull),
            ),
            (
                "in-flight transaction limit reached for delegated accounts",
                Some(PoolFull),
            ),
            ("gapped-nonce tx from delegated accounts", Some(NonceGap)),
            ("nonce too high", Some(NonceGap)),
            ("invalid sender", Some(Invalid)),
            (
                "intrinsic gas too low: gas 100, minimum needed 21000",
                Some(Invalid),
            ),
            ("exceeds block gas limit", Some(Invalid)),
            (
                "transaction gas limit too high (cap: 16777216, tx: 20000000)",
                Some(Invalid),
            ),
            (
                "only replay-protected (EIP-155) transactions allowed over RPC",
                Some(Invalid),
            ),
            (
                "tx fee (2.10 ether) exceeds the configured cap (1.00 ether)",
                Some(Invalid),
            ),
            ("rlp: expected input list for types.LegacyTx", Some(Invalid)),
        ] {
            check("geth", message, expected);
        }
    }

    #[test]
    fn nethermind_is_understood_by_its_names_and_in_geths_words() {
        for (message, expected) in [
            ("AlreadyKnown", None),
            ("already known", None),
            (
                "OldNonce, Current nonce: 5, nonce of rejected tx: 4.",
                Some(NonceTooLow),
            ),
            ("ReplacementNotAllowed, existing tx…", Some(Underpriced)),
            (
                "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7",
                Some(FeeTooLow),
            ),
            ("FeeTooLowToCompete", Some(FeeTooLow)),
            (
                "InsufficientFunds, Account balance: 0, cumulative cost: 1",
                Some(InsufficientFunds),
            ),
            ("NonceGap, Future nonce. Expected nonce: 1", Some(NonceGap)),
            ("NonceTooFarInFuture", Some(NonceGap)),
            (
                "GasLimitExceeded, Gas limit: 1, gas limit of rejected tx: 2",
                Some(Invalid),
            ),
            ("MaxTxSizeExceeded", Some(Invalid)),
        ] {
            check("Nethermind", message, expected);
        }
    }

    #[test]
    fn besus_words_are_understood() {
        for (message, expected) in [
            ("Known transaction", None),
            ("Nonce too low", Some(NonceTooLow)),
            ("Nonce too high", Some(NonceGap)),
            (
                "Transaction nonce is too distant from current sender nonce",
                Some(NonceGap),
            ),
            (
                "An invalid transaction with a lower nonce exists",
                Some(NonceGap),
            ),
            ("Replacement transaction underpriced", Some(Underpriced)),
            (
                "Gas price below configured minimum gas price",
                Some(FeeTooLow),
            ),
            ("Gas price below current base fee", Some(FeeTooLow)),
            (
                "Upfront cost exceeds account balance",
                Some(InsufficientFunds),
            ),
            ("Invalid signature", Some(Invalid)),
            ("Intrinsic gas exceeds gas limit", Some(Invalid)),
            (
                "Transaction gas limit exceeds block gas limit",
                Some(Invalid),
            ),
            ("Wrong chainId", Some(Invalid)),
            (
                "Max priority fee per gas exceeds max fee per gas",
                Some(Invalid),
            ),
            ("Transaction fee cap exceeded", Some(Invalid)),
        ] {
            check("Besu", message, expected);
        }
    }

    #[test]
    fn erigons_words_are_understood() {
        for (message, expected) in [
            ("already known", None),
            ("existing txn with same hash", None),
            ("INTERNAL_ERROR: existing tx with same hash", None),
            ("nonce too low", Some(NonceTooLow)),
            ("replacement transaction underpriced", Some(Underpriced)),
            ("could not replace existing tx", Some(Underpriced)),
            ("underpriced", Some(FeeTooLow)),
            ("fee too low", Some(FeeTooLow)),
            ("insufficient funds", Some(InsufficientFunds)),
            ("pending sub-pool is full", Some(PoolFull)),
            ("baseFee sub-pool is full", Some(PoolFull)),
            ("queued sub-pool is full", Some(PoolFull)),
            ("spammer", Some(PoolFull)),
            ("RLPTooLong", Some(Invalid)),
            ("IntrinsicGas", Some(Invalid)),
            ("gas limit is too high", Some(Invalid)),
        ] {
            check("Erigon", message, expected);
        }
    }

    #[test]
    fn anvils_words_are_understood() {
        for (message, expected) in [
            ("transaction already imported", None),
            ("nonce too low", Some(NonceTooLow)),
            ("Nonce too high", Some(NonceGap)),
            ("replacement transaction underpriced", Some(Underpriced)),
            ("max fee per gas less than block base fee", Some(FeeTooLow)),
            (
                "Insufficient funds for gas * price + value",
                Some(InsufficientFunds),
            ),
            ("intrinsic gas too low", Some(Invalid)),
            ("Failed to decode signed transaction", Some(Invalid)),
        ] {
            check("anvil", message, expected);
        }
    }

    #[test]
    fn words_of_clients_no_longer_made_are_understood() {
        for (message, expected) in [
            ("Transaction with the same hash was already imported.", None),
            (
                "Transaction nonce is too low. Try incrementing the nonce.",
                Some(NonceTooLow),
            ),
            (
                "Transaction gas price 1wei is too low. There is another transaction with same \
                 nonce in the queue.",
                Some(Underpriced),
            ),
            (
                "There are too many transactions in the queue.",
                Some(PoolFull),
            ),
            (
                "Insufficient funds. The account you tried to send from",
                Some(InsufficientFunds),
            ),
        ] {
            check("OpenEthereum", message, expected);
        }
    }

    #[test]
    fn other_words_conclude_nothing() {
        for message in [
            "",
            "Internal error",
            "rate limit exceeded",
            "authentication needed: password or unlock",
            "No Signer available",
            "unknown account",
            "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in \
             sync).",
            "Initial sync is still in progress",
        ] {
            assert_eq!(verdict(message), Verdict::Unknown(message.to_owned()));
        }
    }
}
