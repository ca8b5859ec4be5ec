//! Ports for servers that cannot choose one themselves and must keep theirs over a restart.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the system's own range for outgoing connections, so that none takes a port while its
/// server is down between a kill and a restart.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port nobody listens on now. Another process may still be faster: start, look, try the next.
pub(crate) fn candidate() -> u16 {
    // Test processes run side by side with neighbouring ids: spread them.
    let offset = process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let number = FIRST.saturating_add(offset.wrapping_add(step) % COUNT);
        let port = u16::try_from(number).unwrap_or(u16::MAX);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    0
}
