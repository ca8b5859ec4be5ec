//! On Redis, anvil and SQLite together.

mod leftovers;
mod refusals;
mod stops;
mod whole;
