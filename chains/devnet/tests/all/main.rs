//! The devnet's world, as a client and as its tester see it.

mod devnet {
    mod endpoints;
    mod hand;
    mod world;
}
