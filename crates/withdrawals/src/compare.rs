//! The accountant's sheet against the books.

use std::collections::BTreeMap;

use paydirt_books::{Withdrawal, WithdrawalState};
use paydirt_money::{Amount, Coin};
use paydirt_sheets::withdrawals::CompareRow;
use paydirt_sheets::{Field, Problem, Problems};

/// What a comparison found of one withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Its id.
    pub withdrawal: String,
    /// The row of the sheet, where it has one.
    pub row: Option<u64>,
    /// What was found.
    pub found: Found,
}

/// How a withdrawal of the sheet and one of the books differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// They are alike in everything that the sheet says.
    Equal,
    /// They differ in this.
    Different {
        /// Which column.
        field: &'static str,
        /// As the books have it.
        books: String,
        /// As the sheet has it.
        sheet: String,
    },
    /// The sheet lacks it.
    MissingInSheet,
    /// The books lack it.
    MissingInBooks,
}

impl Found {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Different { .. } => "different",
            Self::MissingInSheet => "missing in sheet",
            Self::MissingInBooks => "missing in books",
        }
    }
}

/// Compares a sheet with the pool's withdrawals in `state`; `all` are those of any state. A row is
/// found by the id in the books, or by the one before these books. In the order of the sheet, then
/// what it lacks by id; a withdrawal that differs in several fields has a line for each.
///
/// # Errors
/// Rows whose id is that of one withdrawal and was that of another before these books, and rows
/// that are of one withdrawal.
pub fn compare(
    rows: &[CompareRow],
    all: &[Withdrawal],
    state: WithdrawalState,
    coin: Coin,
    problems: usize,
) -> Result<Vec<Compared>, Problems> {
    let mut wrong = Problems::new(problems);
    let mut by_id: BTreeMap<String, Vec<&Withdrawal>> = BTreeMap::new();
    for withdrawal in all {
        let number = withdrawal.number.to_string();
        let former = withdrawal.former.clone().filter(|former| *former != number);
        by_id.entry(number).or_default().push(withdrawal);
        if let Some(former) = former {
            by_id.entry(former).or_default().push(withdrawal);
        }
    }
    let (mut found, mut seen) = (Vec::new(), BTreeMap::new());
    for row in rows {
        let line = |found| Compared {
            withdrawal: row.withdrawal.to_string(),
            row: Some(row.row),
            found,
        };
        let withdrawal = match by_id.get(&*row.withdrawal).map(Vec::as_slice) {
            None | Some([]) => {
                found.push(line(Found::MissingInBooks));
                continue;
            }
            Some([one]) => *one,
            Some(_) => {
                let what = "is the id of one withdrawal, and was that of another before";
                wrong.push(of_id(
                    row,
                    what,
                    "write the id that `withdrawals list` shows",
                ));
                continue;
            }
        };
        if let Some(before) = seen.insert(withdrawal.number, row.row) {
            let what = format!("is the same withdrawal as in row {before}");
            wrong.push(of_id(row, &what, "keep one of the two rows"));
            continue;
        }
        found.extend(
            differences(row, withdrawal, state, coin)
                .into_iter()
                .map(line),
        );
    }
    let mut missing: Vec<&Withdrawal> = all
        .iter()
        .filter(|it| it.state == state && !seen.contains_key(&it.number))
        .collect();
    missing.sort_by_key(|it| it.number);
    found.extend(missing.into_iter().map(|it| Compared {
        withdrawal: it.number.to_string(),
        row: None,
        found: Found::MissingInSheet,
    }));
    match wrong.is_empty() {
        true => Ok(found),
        false => Err(wrong),
    }
}

fn of_id(row: &CompareRow, what: &str, cure: &str) -> Problem {
    Problem::of_cell(row.row, "withdrawal", &row.withdrawal, what, cure)
}

fn differences(
    row: &CompareRow,
    withdrawal: &Withdrawal,
    state: WithdrawalState,
    coin: Coin,
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut check = |field, books: &str, sheet: &str, same: bool| {
        if !same {
            found.push(Found::Different {
                field,
                books: books.to_owned(),
                sheet: sheet.to_owned(),
            });
        }
    };
    let (is, wanted) = (withdrawal.state.name(), state.name());
    check("state", is, wanted, is == wanted);
    let code = withdrawal.code.as_str();
    check("member", code, &row.member, *row.member == *code);
    let amount = Amount::from_units(withdrawal.amount, coin);
    let (books, sheet) = (amount.to_fixed(), row.amount.to_fixed());
    check("amount", &books, &sheet, amount == row.amount);
    if let Field::Value(address) = &row.address {
        let books = &*withdrawal.address;
        check(
            "address",
            books,
            address,
            address.eq_ignore_ascii_case(books),
        );
    }
    if let Field::Value(tx) = &row.tx {
        let books = withdrawal.tx.as_deref().unwrap_or_default();
        check("tx", books, tx, tx.eq_ignore_ascii_case(books));
    }
    match found.is_empty() {
        true => vec![Found::Equal],
        false => found,
    }
}
