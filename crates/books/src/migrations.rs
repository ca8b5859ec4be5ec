//! The migrations, embedded and paired by number. A new pair is added here too.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! embedded {
    ($folder:literal) => {
        $crate::migrations::migrator(&[
            (1, "journal", embedded!($folder, "0001_journal.sql")),
            (2, "books", embedded!($folder, "0002_books.sql")),
            (3, "ledger", embedded!($folder, "0003_ledger.sql")),
            (4, "views", embedded!($folder, "0004_views.sql")),
            (5, "withdrawals", embedded!($folder, "0005_withdrawals.sql")),
            (6, "corrections", embedded!($folder, "0006_corrections.sql")),
        ])
    };
    ($folder:literal, $file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../migrations/",
            $folder,
            "/",
            $file
        ))
    };
}

pub(crate) use embedded;

pub(crate) fn migrator(all: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, description, sql): &(i64, &'static str, &'static str)| {
        let kind = MigrationType::Simple;
        let sql = (*sql).into_sql_str();
        Migration::new(*version, (*description).into(), kind, sql, false)
    };
    let mut migrator = Migrator::with_migrations(all.iter().map(migration).collect());
    // They run under a lock of ours, with the look at what is lacking.
    migrator.set_locking(false);
    migrator
}
