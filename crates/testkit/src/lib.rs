//! Private servers for tests.
//!
//! Each test starts what it needs and shares nothing: a [`RedisServer`] is ready in about 10 ms,
//! an [`Anvil`] in about 50 ms, a [`PostgresServer`] in about 200 ms. They listen on loopback
//! only, on a port of their own, with a temporary directory of their own, and are killed when
//! their value is dropped, when the test panics, and (where `setpriv` exists) when the test process
//! itself is killed.
//!
//! [`RpcProxy`], [`RedisProxy`] and [`PostgresProxy`] stand between a client and its server to
//! count what passes and to lose, delay, refuse or falsify it.
//!
//! Only tests may depend on this crate.

mod anvil;
mod error;
mod gate;
mod http;
mod listener;
mod locate;
mod port;
mod postgres;
mod process;
mod redis;
mod redis_proxy;
mod resp;
mod rpc_proxy;
mod uses;

pub use anvil::{Anvil, AnvilOptions, DEV_ACCOUNTS, DevAccount};
pub use error::Error;
pub use gate::Gate;
pub use locate::anvil as anvil_program;
pub use postgres::{PostgresFault, PostgresProxy, PostgresServer};
pub use redis::RedisServer;
pub use redis_proxy::{RedisFault, RedisProxy};
pub use rpc_proxy::{RpcFault, RpcProxy};
pub use uses::uses;
