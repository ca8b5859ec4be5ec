//! How does a debt become a payment?
