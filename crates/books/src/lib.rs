//! The books in SQL.
