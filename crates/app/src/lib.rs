//! Configuration, wiring, and each use case once.
