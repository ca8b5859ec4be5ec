//! Ethereum-style chains over JSON-RPC.
