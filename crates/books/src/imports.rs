//! Imported files, and each order's row as it was last imported.

use std::collections::BTreeMap;

use paydirt_money::Coefficient;
use paydirt_schedule::Timestamp;

use crate::codec::{coefficient, day, fee_rate, power};
use crate::db::{Many, ids, many, query};
use crate::numbers::{ImportNumber, MemberNumber, OrderNumber, PoolNumber};
use crate::orders::{Holding, column, names};
use crate::{BooksError, Session};

const AT_ONCE: usize = 10_000;

/// A file that is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    /// Its name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// The coefficient of its orders that have none of their own.
    pub coefficient: Option<Coefficient>,
    /// A note.
    pub note: Option<String>,
    /// Who imports it.
    pub by: String,
}

/// An order's row as it was last imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The order.
    pub order: OrderNumber,
    /// What the row said.
    pub holding: Holding,
    /// Its note.
    pub note: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ImportedRow {
    id: String,
    of_order: i64,
    member: i64,
    power: i64,
    fee_rate: i64,
    coefficient: Option<i64>,
    start_day: i64,
    end_day: Option<i64>,
    streams: Option<String>,
    note: Option<String>,
}

impl ImportedRow {
    fn imported(self) -> Result<(String, Imported), BooksError> {
        let holding = Holding {
            member: MemberNumber(self.member),
            power: power(self.power)?,
            fee_rate: fee_rate(self.fee_rate)?,
            coefficient: self.coefficient.map(coefficient).transpose()?,
            start: day(self.start_day)?,
            end: self.end_day.map(day).transpose()?,
            streams: self.streams.as_deref().map(names),
        };
        let imported = Imported {
            order: OrderNumber(self.of_order),
            holding,
            note: self.note,
        };
        Ok((self.id, imported))
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT pool_order.id, of_order, member, power, fee_rate, coefficient, start_day, \
             end_day, streams, note FROM order_imported \
             JOIN pool_order ON pool_order.number = order_imported.of_order ",
            $rest
        )
    };
}

impl Session {
    /// Records a file.
    ///
    /// # Errors
    /// `Database`.
    pub async fn add_import(
        &mut self,
        pool: PoolNumber,
        import: &NewImport,
        now: Timestamp,
    ) -> Result<ImportNumber, BooksError> {
        let sql = "INSERT INTO import \
             (pool, file, digest, coefficient, note, imported_by, imported_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number";
        let millionths = import.coefficient.map(Coefficient::millionths);
        let inserted = query(sql)
            .bind(pool.get())
            .bind(&import.file)
            .bind(&import.digest[..])
            .bind(millionths.map(|it| i64::try_from(it).unwrap_or(i64::MAX)))
            .bind(&import.note)
            .bind(&import.by)
            .bind(now.as_ms());
        let (number,): (i64,) = inserted.fetch_one(&mut self.connection).await?;
        Ok(ImportNumber(number))
    }

    /// The coefficient of a file's orders that have none of their own.
    ///
    /// # Errors
    /// `Database`.
    pub async fn import_coefficient(
        &mut self,
        import: ImportNumber,
    ) -> Result<Option<Coefficient>, BooksError> {
        let asked = query("SELECT coefficient FROM import WHERE number = $1").bind(import.get());
        let (millionths,): (Option<i64>,) = asked.fetch_one(&mut self.connection).await?;
        Ok(millionths.map(coefficient).transpose()?)
    }

    /// The rows of these orders as they were last imported, by id; orders that were never imported
    /// are absent.
    ///
    /// # Errors
    /// `Database`.
    pub async fn imported<'a>(
        &mut self,
        pool: PoolNumber,
        wanted: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Imported>, BooksError> {
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut found = BTreeMap::new();
        for some in wanted.chunks(AT_ONCE) {
            let asked = query(select!("WHERE pool = $1 AND pool_order.id IN TEXTS($2)"));
            let asked = asked.bind(pool.get()).bind(ids(some));
            let rows: Vec<ImportedRow> = asked.fetch_all(&mut self.connection).await?;
            for row in rows {
                let (id, imported) = row.imported()?;
                found.insert(id, imported);
            }
        }
        Ok(found)
    }

    /// Ids of the pool's orders that were imported once, by id.
    ///
    /// # Errors
    /// `Database`.
    pub async fn imported_ids(&mut self, pool: PoolNumber) -> Result<Vec<String>, BooksError> {
        let sql = "SELECT pool_order.id FROM order_imported \
                   JOIN pool_order ON pool_order.number = order_imported.of_order \
                   WHERE pool = $1 ORDER BY pool_order.id";
        let asked = query(sql).bind(pool.get());
        let rows: Vec<(String,)> = asked.fetch_all(&mut self.connection).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Remembers rows as the last that were imported.
    ///
    /// # Errors
    /// `Database`.
    pub async fn remember_imported(
        &mut self,
        import: ImportNumber,
        rows: &[Imported],
    ) -> Result<(), BooksError> {
        let statement = Many {
            before: "INSERT INTO order_imported (of_order, import, member, power, fee_rate, \
                     coefficient, start_day, end_day, streams, note)",
            after: " ON CONFLICT (of_order) DO UPDATE SET import = excluded.import, \
                    member = excluded.member, power = excluded.power, \
                    fee_rate = excluded.fee_rate, coefficient = excluded.coefficient, \
                    start_day = excluded.start_day, end_day = excluded.end_day, \
                    streams = excluded.streams, note = excluded.note",
        };
        many(&mut self.connection, &statement, rows, |row, values| {
            let holding = &row.holding;
            let integer = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            values.extend([
                row.order.get().into(),
                import.get().into(),
                holding.member.get().into(),
                integer(holding.power.bytes()).into(),
                holding.fee_rate.millionths().into(),
                holding
                    .coefficient
                    .map(|it| integer(it.millionths()))
                    .into(),
                holding.start.days_since_epoch().into(),
                holding.end.map(|end| end.days_since_epoch()).into(),
                column(&holding.streams).into(),
                (&row.note).into(),
            ]);
            Ok(())
        })
        .await?;
        Ok(())
    }
}
