//! The programs that people open reports and exports with, where they are installed.

use std::path::Path;
use std::process::{Command, Output};

/// What a program prints, or nothing where it is not installed, which is said.
fn run(mut command: Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let program = command.get_program().to_string_lossy().into_owned();
            println!("SKIPPED: {program} is not installed; tests/run installs it");
            None
        }
        Err(error) => panic!("{command:?}: {error}"),
    }
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// hledger checks a journal strictly: its balances by account, debits above 0, without the coin.
pub(crate) fn hledger(journal: &Path) -> Option<Vec<(String, String)>> {
    let of = |arguments: &[&str]| {
        let mut command = Command::new("hledger");
        command.arg("-f").arg(journal).args(arguments);
        command.env("LANG", "C.UTF-8");
        let output = run(command)?;
        let shown = text(&output);
        assert!(output.status.success(), "hledger {arguments:?}: {shown}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    of(&["check", "--strict"])?;
    let balances = of(&["balance", "--flat", "-E", "-N", "-O", "csv"])?;
    let mut reader = csv_rows(&balances);
    reader.remove(0);
    let row = |row: Vec<String>| (row[0].clone(), without_coin(&row[1]));
    let mut balances: Vec<(String, String)> = reader.into_iter().map(row).collect();
    balances.sort();
    Some(balances)
}

/// Rows of quoted fields without line breaks.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| {
        let line = line.trim_matches('"');
        line.split("\",\"").map(str::to_owned).collect()
    };
    text.lines().map(fields).collect()
}

fn without_coin(amount: &str) -> String {
    let number = amount.split(' ').next().unwrap();
    match number {
        "0" => "0.000000000".into(),
        number => number.to_owned(),
    }
}

/// Loads a file as bean-check does and adds up each account.
const BEANCOUNT: &str = "\
import sys
from collections import defaultdict
from decimal import Decimal
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
for error in errors:
    print(error, file=sys.stderr)
sums = defaultdict(Decimal)
for entry in entries:
    if isinstance(entry, data.Transaction):
        for posting in entry.postings:
            sums[posting.account] += posting.units.number
for account in sorted(sums):
    print(account, format(sums[account], '.9f'))
sys.exit(1 if errors else 0)
";

/// Beancount checks a file: its balances by account, debits above 0.
pub(crate) fn beancount(file: &Path) -> Option<Vec<(String, String)>> {
    let Some(packages) = std::env::var_os("PAYDIRT_BEANCOUNT") else {
        println!("SKIPPED: PAYDIRT_BEANCOUNT names no packages of Beancount; tests/run does");
        return None;
    };
    let python = |arguments: [&str; 2]| {
        let mut command = Command::new("python3");
        command.args(arguments).arg(file);
        command.env("PYTHONPATH", &packages);
        run(command)
    };
    // What `bean-check` is.
    let checked = python(["-m", "beancount.scripts.check"])?;
    assert!(checked.status.success(), "bean-check: {}", text(&checked));
    let output = python(["-c", BEANCOUNT])?;
    assert!(output.status.success(), "Beancount: {}", text(&output));
    let rows = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let (account, amount) = line.split_once(' ').unwrap();
        let amount = amount
            .strip_prefix("-0.000000000")
            .map_or(amount, |_| "0.000000000");
        (account.to_owned(), amount.to_owned())
    };
    Some(rows.lines().map(row).collect())
}

/// LibreOffice opens a workbook, calculates it again, and writes each sheet as CSV into a folder:
/// `NAME-SHEET.csv`, numbers as they are and not as they are shown.
pub(crate) fn libreoffice(workbook: &Path, folder: &Path) -> Option<()> {
    let mut command = Command::new("soffice");
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1";
    command.args([
        profile.as_str(),
        "--headless",
        "--convert-to",
        filter,
        "--outdir",
    ]);
    command.arg(folder).arg(workbook);
    let output = run(command)?;
    assert!(output.status.success(), "LibreOffice: {}", text(&output));
    Some(())
}
