//! The ledger on open-ethereum-pool's Redis keys.
