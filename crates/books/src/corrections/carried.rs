//! What a settled day leaves to the next one.

use paydirt_money::BaseUnits;
use paydirt_schedule::Day;

use crate::codec::from_base_units;
use crate::db::query;
use crate::numbers::{SettlementNumber, StreamNumber};
use crate::{BooksError, Session};

/// Base units as they stand in a column.
type Units = Vec<u8>;

/// What is carried into a day, base units; one of them is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// To be shared: less than a ledger unit, or what corrections found beside.
    pub remainder: BaseUnits,
    /// To be made good.
    pub loss: BaseUnits,
}

impl Session {
    /// What a stream carries into `day`, which is settled as `settlement`, or is to be: what the
    /// settled day before it left, and what corrections posted since changed of what any day
    /// leaves. A difference below 0 is a loss that the day makes good.
    ///
    /// # Errors
    /// `Database`.
    pub async fn carried(
        &mut self,
        stream: StreamNumber,
        day: Day,
        settlement: Option<SettlementNumber>,
    ) -> Result<Carried, BooksError> {
        let sql = "SELECT number, carried_out, loss_out FROM settlement WHERE stream = $1 \
             AND kind = 'day' AND day < $2 AND revision = 0 ORDER BY day DESC LIMIT 1";
        let asked = query(sql).bind(stream.get()).bind(day.days_since_epoch());
        let last: Option<(i64, Vec<u8>, Vec<u8>)> =
            asked.fetch_optional(&mut self.connection).await?;
        let Some((last, carried, loss)) = last else {
            return Ok(Carried::default());
        };
        let sql = "SELECT new.carried_out, new.loss_out, old.carried_out, old.loss_out \
             FROM settlement AS new JOIN settlement AS old ON old.stream = new.stream \
             AND old.day = new.day AND old.kind = new.kind AND old.revision = new.revision - 1 \
             WHERE new.stream = $1 AND new.number > $2 AND new.number < $3 AND new.revision > 0 \
             AND new.kind = 'day' ORDER BY new.number";
        let before = settlement.map_or(i64::MAX, SettlementNumber::get);
        let asked = query(sql).bind(stream.get()).bind(last).bind(before);
        let rows: Vec<(Units, Units, Units, Units)> = asked.fetch_all(&mut self.connection).await?;
        let mut sum = left(&carried, &loss)?;
        for (new_carried, new_loss, old_carried, old_loss) in rows {
            let change = left(&new_carried, &new_loss)?
                .checked_sub(left(&old_carried, &old_loss)?)
                .and_then(|change| sum.checked_add(change));
            sum = change.ok_or_else(|| BooksError::corrupt("sum that is carried", sum))?;
        }
        let units = BaseUnits::new(sum.unsigned_abs());
        Ok(match sum < 0 {
            true => Carried {
                loss: units,
                ..Carried::default()
            },
            false => Carried {
                remainder: units,
                ..Carried::default()
            },
        })
    }
}

/// What a day leaves, below 0 where it is a loss.
fn left(carried: &[u8], loss: &[u8]) -> Result<i128, BooksError> {
    let units = |bytes: &[u8]| -> Result<i128, BooksError> {
        let units = from_base_units("what is carried", bytes)?;
        i128::try_from(units).map_err(|_| BooksError::corrupt("what is carried", units))
    };
    let left = units(carried)?.checked_sub(units(loss)?);
    left.ok_or_else(|| BooksError::corrupt("what is carried", carried))
}
