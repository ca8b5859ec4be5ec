//! Paydirt: settlement for mining and storage pools.

fn main() {}
