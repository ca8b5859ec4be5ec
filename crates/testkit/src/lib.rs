//! Private servers for tests.
//!
//! Each test starts what it needs and shares nothing: a [`RedisServer`] is ready in about 10 ms,
//! an [`Anvil`] in about 50 ms. Both listen on loopback only, on a port of their own, with a
//! temporary directory of their own, and are killed when their value is dropped, when the test
//! panics, and (where `setpriv` exists) when the test process itself is killed.
//!
//! [`RpcProxy`] and [`RedisProxy`] stand between a client and its server to count what passes and
//! to lose, delay, refuse or falsify it.
//!
//! Only tests may depend on this crate.

mod anvil;
mod error;
mod http;
mod locate;
mod port;
mod process;
mod redis;

pub use anvil::{Anvil, AnvilOptions, DEV_ACCOUNTS, DevAccount};
pub use error::Error;
pub use redis::RedisServer;
