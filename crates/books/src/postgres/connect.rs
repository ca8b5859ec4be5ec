//! Connecting to a server.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::BooksError;

const CONNECTIONS: u32 = 8;

/// A pool of connections; one is made at once, so that a wrong address is told here.
pub(crate) async fn connect(url: &str) -> Result<PgPool, BooksError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| BooksError::Url {
        url: "postgres:…".to_owned(),
        reason: error.to_string(),
    })?;
    let options = options
        .application_name("paydirt")
        .options([("synchronous_commit", "on"), ("timezone", "UTC")]);
    let pool = PgPoolOptions::new()
        .min_connections(1)
        .max_connections(CONNECTIONS);
    Ok(pool.connect_with(options).await?)
}
