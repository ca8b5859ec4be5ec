//! What is an amount? Exact money, rates and power, and the one way to split.
