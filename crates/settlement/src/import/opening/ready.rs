//! From a file's rows to what the books take: every row that doesn't fit is named.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_books::{
    LockedPool, MemberData, MemberNumber, NewOpening, OpeningBalance, OpeningPart, OpeningTotals,
    Session, StreamNumber,
};
use paydirt_earnings::MAX_STEPS;
use paydirt_ledger::MemberId;
use paydirt_money::Amount;
use paydirt_schedule::{Day, Timestamp};
use paydirt_sheets::openings::{Held, OpeningRow, VestingPart};
use paydirt_sheets::{Problem, Problems};

use super::super::members::refused;
use super::{Opened, OpenedBucket, OpeningBucket, OpeningImport};
use crate::{LONG, SettlementError};

/// Rows as the books take them.
pub(super) struct Ready {
    file: String,
    balances: Vec<OpeningBalance>,
    parts: Vec<OpeningPart>,
    controls: OpeningTotals,
    added: Vec<String>,
    members: u64,
}

impl Ready {
    /// Members and streams that are not there are added in the session.
    pub(super) async fn make(
        session: &mut Session,
        locked: &LockedPool,
        import: &OpeningImport<'_>,
    ) -> Result<Self, SettlementError> {
        session.check_not_opened(locked).await?;
        session.allow(LONG).await?;
        let codes: BTreeSet<&str> = import.rows.iter().map(|row| &*row.member).collect();
        let known = session.members_by_code(codes.iter().copied()).await?;
        let missing = codes.iter().filter(|code| !known.contains_key(**code));
        let missing: BTreeSet<&str> = missing.copied().collect();
        check(import, locked.pool.first_day, &missing)?;
        let added = add_members(session, &missing, import.now).await?;
        let known = known.iter().map(|(code, it)| (code.as_str(), it.number));
        let numbers = Numbers {
            members: known.chain(added).collect(),
            streams: open_streams(session, locked, import).await?,
        };
        let (balances, parts) = numbers.of_rows(import.rows)?;
        Ok(Self {
            file: import.path.display().to_string(),
            balances,
            parts,
            controls: numbers.totals(import.controls)?,
            added: missing.into_iter().map(str::to_owned).collect(),
            members: count(codes.len()),
        })
    }

    pub(super) fn to_post<'a>(&'a self, import: &OpeningImport<'a>) -> NewOpening<'a> {
        NewOpening {
            file: &self.file,
            digest: import.digest,
            balances: &self.balances,
            parts: &self.parts,
            controls: &self.controls,
            at: import.now,
            by: import.by,
        }
    }

    /// What the books, which have compared the control totals with the rows, open the pool with.
    pub(super) fn opened(
        self,
        locked: &LockedPool,
        import: &OpeningImport<'_>,
    ) -> Result<Opened, SettlementError> {
        let mut rows = rows_by_bucket(import.rows);
        let mut owed = Amount::zero(locked.pool.coin);
        let mut sums = Vec::with_capacity(import.controls.len());
        for (bucket, amount) in import.controls {
            owed = match bucket {
                OpeningBucket::Paid => owed,
                OpeningBucket::Receivable => owed.checked_sub(*amount)?,
                _ => owed.checked_add(*amount)?,
            };
            sums.push(OpenedBucket {
                bucket: bucket.clone(),
                rows: rows.remove(bucket).unwrap_or_default(),
                amount: *amount,
            });
        }
        let going_on = self.parts.iter().filter(|part| part.done < part.steps);
        Ok(Opened {
            day: locked.pool.first_day.prev()?,
            sums,
            owed,
            members: self.members,
            parts: count(going_on.count()),
            added: self.added,
        })
    }
}

fn rows_by_bucket(rows: &[OpeningRow]) -> BTreeMap<OpeningBucket, u64> {
    let mut by_bucket: BTreeMap<_, u64> = BTreeMap::new();
    for row in rows {
        let count = by_bucket.entry(OpeningBucket::of_row(row)).or_default();
        *count = count.saturating_add(1);
    }
    by_bucket
}

/// What of the rows doesn't fit the pool, and of which buckets nobody says the sum.
fn check(
    import: &OpeningImport<'_>,
    first: Day,
    missing: &BTreeSet<&str>,
) -> Result<(), SettlementError> {
    let mut problems = Problems::new(import.problems);
    let names: Vec<&str> = import.terms.streams.iter().map(|it| &*it.name).collect();
    for row in import.rows {
        let mut bad = |column, value: &str, what: String, cure: String| {
            problems.push(Problem::of_cell(row.row, column, value, what, cure));
        };
        if !import.create_members && missing.contains(&*row.member) {
            let cure = "import the member first, or give --create-members";
            let what = "there is no such member".to_owned();
            bad("member", &row.member, what, cure.to_owned());
        }
        if let Some(stream) = row.stream().filter(|stream| !names.contains(stream)) {
            let cure = format!("name a stream of the pool: {}", names.join(", "));
            bad("stream", stream, "the pool has no such stream".into(), cure);
        }
        let Held::Vesting(VestingPart { day, steps, .. }) = &row.held else {
            continue;
        };
        if *day >= first {
            let what = format!("it is not before the pool's first day, {first}");
            let cure = "leave out what these books settle, or correct the day";
            bad("day", &day.to_string(), what, cure.to_owned());
        }
        if *steps > MAX_STEPS {
            let what = format!("there are at most {MAX_STEPS} steps, one a day");
            bad("steps", &steps.to_string(), what, "correct it".into());
        }
    }
    if import.rows.is_empty() {
        let cure = "a pool is opened once: give it all of its balances";
        problems.push(Problem::of_file("has no rows", cure));
    }
    // Of a bucket without rows too: they may have been forgotten.
    let of_rows = rows_by_bucket(import.rows).into_keys();
    let needed: BTreeSet<OpeningBucket> = of_rows.chain(OpeningBucket::OF_MEMBERS).collect();
    for bucket in needed {
        if !import.controls.contains_key(&bucket) {
            let what = format!("has no control total of {bucket}");
            let cure =
                format!("give --total {bucket}=AMOUNT, as the balance sheet has it, be it 0");
            problems.push(Problem::of_file(what, cure));
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(refused(import.path, problems)),
    }
}

async fn add_members<'a>(
    session: &mut Session,
    codes: &BTreeSet<&'a str>,
    now: Timestamp,
) -> Result<Vec<(&'a str, MemberNumber)>, SettlementError> {
    let data = |code: &&str| MemberData {
        code: MemberId::new(*code),
        name: None,
        phone: None,
    };
    let new: Vec<MemberData> = codes.iter().map(data).collect();
    let numbers = session.add_members(&new, now).await?;
    Ok(codes.iter().copied().zip(numbers).collect())
}

/// Those that rows or control totals name.
async fn open_streams<'a>(
    session: &mut Session,
    locked: &LockedPool,
    import: &OpeningImport<'a>,
) -> Result<BTreeMap<&'a str, StreamNumber>, SettlementError> {
    let of_rows = import.rows.iter().filter_map(OpeningRow::stream);
    let of_controls = import.controls.keys().filter_map(OpeningBucket::stream);
    let names: BTreeSet<&str> = of_rows.chain(of_controls).collect();
    let mut streams = BTreeMap::new();
    for name in names {
        let number = session.open_stream(locked.pool.number, name).await?;
        streams.insert(name, number);
    }
    Ok(streams)
}

/// The books' numbers of what the rows name.
struct Numbers<'a> {
    members: BTreeMap<&'a str, MemberNumber>,
    streams: BTreeMap<&'a str, StreamNumber>,
}

impl Numbers<'_> {
    fn member(&self, code: &str) -> Result<MemberNumber, SettlementError> {
        let found = self.members.get(code).copied();
        found.ok_or_else(|| numberless("member", code))
    }

    fn stream(&self, name: &str) -> Result<StreamNumber, SettlementError> {
        let found = self.streams.get(name).copied();
        found.ok_or_else(|| numberless("stream", name))
    }

    fn of_rows(
        &self,
        rows: &[OpeningRow],
    ) -> Result<(Vec<OpeningBalance>, Vec<OpeningPart>), SettlementError> {
        let mut balances: BTreeMap<MemberNumber, OpeningBalance> = BTreeMap::new();
        let mut parts = Vec::new();
        for row in rows {
            let (member, units) = (self.member(&row.member)?, row.amount.units());
            let has = &mut balances;
            match &row.held {
                Held::Available => of(has, member).available = units,
                Held::Frozen => of(has, member).frozen = units,
                Held::Paid => of(has, member).paid = units,
                Held::Receivable => of(has, member).receivable = units,
                Held::ToTransfer(stream) => {
                    let stream = self.stream(stream)?;
                    of(has, member).to_transfer.push((stream, units));
                }
                Held::Vesting(part) => parts.push(OpeningPart {
                    member,
                    stream: self.stream(&part.stream)?,
                    day: part.day,
                    total: units,
                    steps: part.steps,
                    done: part.done,
                }),
            }
        }
        Ok((balances.into_values().collect(), parts))
    }

    fn totals(
        &self,
        controls: &BTreeMap<OpeningBucket, Amount>,
    ) -> Result<OpeningTotals, SettlementError> {
        let mut totals = OpeningTotals::default();
        for (bucket, amount) in controls {
            let units = amount.units();
            match bucket {
                OpeningBucket::Available => totals.available = units,
                OpeningBucket::Frozen => totals.frozen = units,
                OpeningBucket::Vesting => totals.vesting = units,
                OpeningBucket::Paid => totals.paid = units,
                OpeningBucket::Receivable => totals.receivable = units,
                OpeningBucket::ToTransfer(stream) => {
                    totals.to_transfer.insert(self.stream(stream)?, units);
                }
            }
        }
        Ok(totals)
    }
}

/// A member's balances, of nothing if they are new.
fn of(
    balances: &mut BTreeMap<MemberNumber, OpeningBalance>,
    member: MemberNumber,
) -> &mut OpeningBalance {
    balances.entry(member).or_insert_with(|| OpeningBalance {
        member,
        available: 0,
        frozen: 0,
        paid: 0,
        receivable: 0,
        to_transfer: Vec::new(),
    })
}

fn numberless(what: &str, name: &str) -> SettlementError {
    let what = format!("{what} {name:?} has no number");
    SettlementError::refused(what, "report this")
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
