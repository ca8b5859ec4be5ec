//! On Redis, anvil and SQLite together.

mod commands;
mod leftovers;
mod refusals;
mod stops;
mod whole;
