//! The devnet: as any chain, and its own world.

#[cfg(test)]
mod devnet {
    mod conformance;
    mod endpoints;
    mod hand;
    mod income;
    mod world;
}
