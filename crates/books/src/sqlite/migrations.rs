//! The migrations, embedded. A new file is added here too.

use std::sync::LazyLock;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let all = [(
        1,
        "journal",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../migrations/sqlite/0001_journal.sql"
        )),
    )];
    let migration = |(version, description, sql): (i64, &'static str, &'static str)| {
        let kind = MigrationType::Simple;
        Migration::new(version, description.into(), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(all.into_iter().map(migration).collect())
});
