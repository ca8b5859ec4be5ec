//! The suite that any chain must pass.
