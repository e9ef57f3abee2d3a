//! Bringing a schema up to date when a server starts.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// The migrations of an engine: number, name, statements.
pub(super) type Migrations = &'static [(i64, &'static str, &'static str)];

/// What runs those that a database has not seen.
pub(super) fn migrator(migrations: Migrations) -> Migrator {
    let migrations = migrations.iter().map(|(version, name, statements)| {
        let name = Cow::Borrowed(*name);
        Migration::new(*version, name, MigrationType::Simple, (*statements).into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}
