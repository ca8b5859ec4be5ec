//! Orders from a file.
//!
//! A row is compared with the same order's row in the file that was imported before it, value by
//! value. What differs is changed in the version that counts now: so the same file twice changes
//! nothing, and what was changed by other means (a transfer) stays, unless the file says something
//! new of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use paydirt_books::{
    Holding, ImportNumber, Imported as LastImported, LockedPool, Member, MemberData, MemberNumber,
    NewImport, NewVersion, Session, Version, VersionCause,
};
use paydirt_ledger::MemberId;
use paydirt_money::Coefficient;
use paydirt_schedule::{Day, Timestamp};
use paydirt_sheets::orders::OrderRow;
use paydirt_sheets::{Field, Problem, Problems};
use serde_json::json;

use super::compare::{NOBODY, Said, batch_coefficient, changes, fields, note, on_top, said};
use super::members::refused;
use super::timeline::{self, Segment};
use super::{Imported, RowChange};
use crate::SettlementError;
use crate::terms::PoolTerms;

/// What is imported, by whom.
pub struct OrdersImport<'a> {
    /// The pool.
    pub terms: &'a PoolTerms,
    /// The file, for messages and the record.
    pub path: &'a Path,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Its rows.
    pub rows: &'a [OrderRow<Box<str>>],
    /// The coefficient of its orders that have none of their own.
    pub coefficient: Option<Coefficient>,
    /// From when on changes count whose rows don't say it.
    pub valid_from: Option<Day>,
    /// Whether members that are not there are added.
    pub create_members: bool,
    /// A note on the import.
    pub note: Option<String>,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// Problems that are listed.
    pub problems: usize,
}

pub(super) type Row = OrderRow<Box<str>>;

/// Adds and changes orders in this session, which the caller commits, or not in a dry run.
///
/// # Errors
/// `Sheet` with every problem of every row; the books'.
pub async fn import_orders(
    session: &mut Session,
    locked: &LockedPool,
    import: &OrdersImport<'_>,
) -> Result<Imported, SettlementError> {
    let pool = locked.pool.number;
    let ids = || import.rows.iter().map(|row| &*row.order);
    let there = session.timelines(pool, ids()).await?;
    let last = session.imported(pool, ids()).await?;
    let open = first_open_days(session, locked, import.terms).await?;
    let members = members(session, import).await?;
    let mut problems = Problems::new(import.problems);
    let mut plan = Plan::default();
    for row in import.rows {
        let known = Known {
            timeline: there
                .get(&*row.order)
                .map(Vec::as_slice)
                .unwrap_or_default(),
            last: last.get(&*row.order),
        };
        plan.add(import, row, known, &members, &open, &mut problems)?;
    }
    if !problems.is_empty() {
        return Err(refused(import.path, problems));
    }
    let in_file: BTreeSet<&str> = ids().collect();
    let imported = session.imported_ids(pool).await?;
    let absent = imported
        .into_iter()
        .filter(|id| !in_file.contains(id.as_str()));
    plan.done.absent = absent.collect();
    write(session, locked, import, &members, plan).await
}

/// The first day of each stream that may not be settled: behind its last settled one, else the
/// pool's first, also of a stream that begins later.
pub(super) async fn first_open_days(
    session: &mut Session,
    locked: &LockedPool,
    terms: &PoolTerms,
) -> Result<BTreeMap<String, Day>, SettlementError> {
    let numbers = session.streams(locked.pool.number).await?;
    let mut open = BTreeMap::new();
    for stream in &terms.streams {
        let mut first = terms.first_day;
        if let Some(number) = numbers.get(&stream.name)
            && let Some(last) = session.last_settled(*number).await?
        {
            first = last.day.next()?;
        }
        open.insert(stream.name.clone(), first);
    }
    Ok(open)
}

/// The first day that is settled in none of these streams (`None`: all).
pub(super) fn first_open(
    open: &BTreeMap<String, Day>,
    streams: Option<&Vec<String>>,
    first_day: Day,
) -> Day {
    let of = |name: &String| streams.is_none_or(|streams| streams.contains(name));
    let days = open
        .iter()
        .filter(|(name, _)| of(name))
        .map(|(_, day)| *day);
    days.max().unwrap_or(first_day)
}

/// Members by code; those to be created have no number yet.
async fn members(
    session: &mut Session,
    import: &OrdersImport<'_>,
) -> Result<BTreeMap<String, Option<Member>>, SettlementError> {
    let codes: BTreeSet<&str> = import.rows.iter().map(|row| &*row.member).collect();
    let found = session.members_by_code(codes.iter().copied()).await?;
    let mut members: BTreeMap<String, Option<Member>> = BTreeMap::new();
    for code in codes {
        let member = found.get(code).cloned();
        if member.is_some() || import.create_members {
            members.insert(code.to_owned(), member);
        }
    }
    Ok(members)
}

/// What the books have of a row's order.
struct Known<'a> {
    timeline: &'a [Version],
    last: Option<&'a LastImported>,
}

/// A version to be made, once its order and member have numbers.
struct Planned {
    id: String,
    member: String,
    holding: Holding,
    valid_from: Day,
    /// The import whose coefficient it goes by; `None`: this one.
    keeps: Option<ImportNumber>,
    note: Option<String>,
}

/// What is to be written.
#[derive(Default)]
struct Plan {
    done: Imported,
    versions: Vec<Planned>,
    /// What each row of the file says in full, for the next comparison.
    said: Vec<(String, Said)>,
}

/// What the ids of orders begin with that an opening makes.
const RESERVED: &str = "opening:";

impl Plan {
    fn add(
        &mut self,
        import: &OrdersImport<'_>,
        row: &Row,
        known: Known<'_>,
        members: &BTreeMap<String, Option<Member>>,
        open: &BTreeMap<String, Day>,
        problems: &mut Problems,
    ) -> Result<(), SettlementError> {
        let mut is_bad = false;
        let mut bad = |column: &str, value: &str, what: String, cure: String| {
            is_bad = true;
            problems.push(Problem::of_cell(row.row, column, value, what, cure));
        };
        if !members.contains_key(&*row.member) {
            let cure = "import the member first, or give --create-members";
            bad(
                "member",
                &row.member,
                "there is no such member".into(),
                cure.into(),
            );
        }
        if let Field::Value(names) = &row.streams {
            for name in names.iter().filter(|name| !open.contains_key(&***name)) {
                let there: Vec<&str> = open.keys().map(String::as_str).collect();
                let cure = format!("name streams of the pool: {}", there.join(", "));
                bad("streams", name, "the pool has no such stream".into(), cure);
            }
        }
        let before = known.last.map(|last| Said {
            member: String::new(),
            holding: last.holding.clone(),
            note: last.note.clone(),
        });
        let said = said(row, before.as_ref(), members);
        let first_of = |it: &Holding| first_open(open, it.streams.as_ref(), import.terms.first_day);
        let counting = known
            .timeline
            .iter()
            .map(|version| first_of(&version.holding));
        let first = counting.fold(first_of(&said.holding), Day::max);
        let asked = row.valid_from.value().or(import.valid_from);
        let valid_from = asked.unwrap_or(first);
        let is_new = known.timeline.is_empty();
        // What differs from the last file, on top of what counts.
        let change = |counts: &Holding| match &before {
            Some(before) => on_top(counts, &before.holding, &said.holding),
            None => said.holding.clone(),
        };
        let renoted = before
            .as_ref()
            .is_some_and(|before| before.note != said.note);
        let mut segments = timeline::changed(known.timeline, valid_from, change);
        // A row that says so counts earlier than anything that was recorded of its order.
        if let (Some(asked), Some(counts)) = (asked, known.timeline.first())
            && asked < counts.valid_from
        {
            let after = change(&counts.holding);
            segments.insert(0, Segment::before(counts, asked, after));
        }
        segments.retain(|it| {
            let batch = batch_coefficient(import, it);
            renoted || batch.is_some() || it.is_earlier() || it.after != it.version.holding
        });
        let fields = match (is_new, segments.first()) {
            (true, _) => fields(None, &said.holding, &said),
            (false, Some(first)) => changes(import, first, before.as_ref(), &said),
            (false, None) => Vec::new(),
        };
        let no_days = |it: &Holding| it.end.is_some_and(|end| end <= it.start);
        if let Some(bad_end) = segments.iter().find(|it| no_days(&it.after)) {
            let end = bad_end
                .after
                .end
                .map(|end| end.to_string())
                .unwrap_or_default();
            let what = format!("is not after the start, {}", bad_end.after.start);
            bad("end", &end, what, "give both in the file".into());
        }
        if row.order.starts_with(RESERVED) {
            let what = format!("begins with {RESERVED:?}, as the books' own orders do");
            bad("order", &row.order, what, "give it another id".into());
        }
        if let Some(asked) = asked.filter(|asked| *asked < first && !fields.is_empty()) {
            let what =
                format!("it reaches days that are settled: the first that is not is {first}");
            let cure = format!(
                "let it count from {first} on; what settled days have wrong is corrected by day: \
                 `paydirt settle correct --order`"
            );
            bad("valid_from", &asked.to_string(), what, cure);
        }
        if is_bad {
            return Ok(());
        }
        self.said.push((row.order.to_string(), said.clone()));
        if fields.is_empty() {
            self.done.unchanged = self.done.unchanged.saturating_add(1);
            return Ok(());
        }
        self.done.tell(RowChange {
            row: row.row,
            id: row.order.to_string(),
            is_new,
            fields,
            note: note(&said.holding, valid_from, is_new),
        });
        let planned = |holding: Holding, valid_from, keeps| Planned {
            id: row.order.to_string(),
            member: said.member.clone(),
            holding,
            valid_from,
            keeps,
            note: said.note.clone(),
        };
        if is_new {
            self.versions
                .push(planned(said.holding.clone(), valid_from, None));
        }
        for segment in segments {
            let own = segment.version.import.map(|(number, _)| number);
            let keeps = own.filter(|_| import.coefficient.is_none());
            self.versions
                .push(planned(segment.after, segment.from, keeps));
        }
        Ok(())
    }
}

async fn write(
    session: &mut Session,
    locked: &LockedPool,
    import: &OrdersImport<'_>,
    members: &BTreeMap<String, Option<Member>>,
    plan: Plan,
) -> Result<Imported, SettlementError> {
    let pool = locked.pool.number;
    let numbers = create_members(session, import, members).await?;
    let number_of = |code: &str, known: MemberNumber| match known == NOBODY {
        true => numbers.get(code).copied().unwrap_or(NOBODY),
        false => known,
    };
    let new = NewImport {
        file: import.path.display().to_string(),
        digest: import.digest,
        coefficient: import.coefficient,
        note: import.note.clone(),
        by: import.by.to_owned(),
    };
    let number = session.add_import(pool, &new, import.now).await?;
    let known = session
        .orders_by_id(pool, plan.said.iter().map(|(id, _)| id.as_str()))
        .await?;
    let mut fresh: Vec<&str> = plan.said.iter().map(|(id, _)| id.as_str()).collect();
    fresh.retain(|id| !known.contains_key(*id));
    // In the order of their ids, as a split looks at them.
    fresh.sort_unstable();
    let added = session.add_orders(pool, &fresh).await?;
    let mut orders: BTreeMap<&str, _> = fresh.iter().copied().zip(added).collect();
    orders.extend(
        known
            .iter()
            .map(|(id, version)| (id.as_str(), version.order)),
    );
    let order_of = |id: &str| {
        orders.get(id).copied().ok_or_else(|| {
            SettlementError::refused(format!("order {id} has no number"), "report this")
        })
    };
    let mut versions = Vec::with_capacity(plan.versions.len());
    for planned in &plan.versions {
        let mut holding = planned.holding.clone();
        holding.member = number_of(&planned.member, holding.member);
        versions.push(NewVersion {
            order: order_of(&planned.id)?,
            holding,
            valid_from: planned.valid_from,
            cause: VersionCause::Import,
            import: Some(planned.keeps.unwrap_or(number)),
            note: planned.note.clone(),
        });
    }
    timeline::record(session, pool, versions, import.now, import.by).await?;
    let mut last = Vec::with_capacity(plan.said.len());
    for (id, said) in &plan.said {
        let mut holding = said.holding.clone();
        holding.member = number_of(&said.member, holding.member);
        last.push(LastImported {
            order: order_of(id)?,
            holding,
            note: said.note.clone(),
        });
    }
    session.remember_imported(number, &last).await?;
    audit(session, import, &plan.done).await?;
    Ok(plan.done)
}

async fn create_members(
    session: &mut Session,
    import: &OrdersImport<'_>,
    members: &BTreeMap<String, Option<Member>>,
) -> Result<BTreeMap<String, MemberNumber>, SettlementError> {
    let missing = members.iter().filter(|(_, member)| member.is_none());
    let new: Vec<MemberData> = missing
        .map(|(code, _)| MemberData {
            code: MemberId::new(code.as_str()),
            name: None,
            phone: None,
        })
        .collect();
    let numbers = session.add_members(&new, import.now).await?;
    let codes = new.iter().map(|member| member.code.to_string());
    Ok(codes.zip(numbers).collect())
}

async fn audit(
    session: &mut Session,
    import: &OrdersImport<'_>,
    done: &Imported,
) -> Result<(), SettlementError> {
    let detail = json!({
        "file": import.path.display().to_string(),
        "new": done.new, "changed": done.changed, "unchanged": done.unchanged,
        "absent": done.absent.len(), "note": import.note,
    });
    let subject = import.terms.id.as_str();
    Ok(session
        .audit(import.by, "orders import", subject, &detail, import.now)
        .await?)
}
