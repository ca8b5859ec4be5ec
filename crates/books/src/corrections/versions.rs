//! Versions of orders that a correction makes: each counts for its day, by that correction alone.

use paydirt_schedule::{Day, Timestamp};

use crate::counters::{self, Counter};
use crate::db::{Many, many, query};
use crate::numbers::{ImportNumber, OrderNumber, PoolNumber, VersionNumber};
use crate::orders::Holding;
use crate::{BooksError, Session, balances};

/// An order as a correction has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionVersion {
    /// The order.
    pub order: OrderNumber,
    /// Whose, how much, at which rates; its days and streams are the correction's.
    pub holding: Holding,
    /// The file whose coefficient it has, where it has none of its own.
    pub import: Option<ImportNumber>,
}

impl Session {
    /// The number that the next version will have, if nobody else adds one before.
    ///
    /// # Errors
    /// `Database`.
    pub async fn next_version(&mut self) -> Result<VersionNumber, BooksError> {
        let sql = "SELECT last FROM counter WHERE name = 'order_version'";
        let (last,): (i64,) = query(sql).fetch_one(&mut self.connection).await?;
        let next = last.checked_add(1);
        Ok(VersionNumber(next.ok_or_else(|| {
            BooksError::corrupt("counter", "order_version")
        })?))
    }

    /// Records versions for the correction of a day, in this order.
    ///
    /// # Errors
    /// `Database`.
    pub async fn add_correction_versions(
        &mut self,
        pool: PoolNumber,
        day: Day,
        versions: &[CorrectionVersion],
        now: Timestamp,
        by: &str,
    ) -> Result<Vec<VersionNumber>, BooksError> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let members: Vec<_> = versions.iter().map(|it| it.holding.member).collect();
        balances::open(&mut self.connection, pool, members).await?;
        let first = counters::take(&mut self.connection, Counter::Version, versions.len()).await?;
        let statement = Many {
            before: "INSERT INTO order_version (number, of_order, member, power, fee_rate, \
                     coefficient, start_day, end_day, valid_from, valid_until, corrects_day, \
                     cause, import, recorded_at, recorded_by)",
            after: "",
        };
        let numbered = || (first..).zip(versions);
        let (on, end) = (day.days_since_epoch(), day.next()?.days_since_epoch());
        many(
            &mut self.connection,
            &statement,
            numbered(),
            |(number, version), values| {
                let holding = &version.holding;
                // Below 2^63, as a coefficient is.
                let integer = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
                let own = holding.coefficient.map(|it| integer(it.millionths()));
                values.extend([
                    number.into(),
                    version.order.get().into(),
                    holding.member.get().into(),
                    integer(holding.power.bytes()).into(),
                    holding.fee_rate.millionths().into(),
                    own.into(),
                    on.into(),
                    end.into(),
                    on.into(),
                    on.into(),
                    on.into(),
                    "change".into(),
                    version.import.map(ImportNumber::get).into(),
                    now.as_ms().into(),
                    by.into(),
                ]);
                Ok(())
            },
        )
        .await?;
        let numbers = numbered().map(|(number, _)| VersionNumber(number));
        Ok(numbers.collect())
    }
}
