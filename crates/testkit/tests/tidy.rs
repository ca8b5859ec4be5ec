//! The rules of style and structure that no lint knows.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const MAX_LINES: usize = 500;
const MAX_COLUMNS: usize = 100;
/// A word this long, as an address of a page or a test vector, excuses its line.
const UNBREAKABLE: usize = 50;

/// Split, so that this file does not find itself.
const UNFINISHED: [&str; 3] = [
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[", "ignore"),
];

/// All that these may know of this workspace, besides what only their tests need.
const MAY_KNOW: [(&str, &[&str]); 12] = [
    ("paydirt-money", &[]),
    ("paydirt-keys", &[]),
    ("paydirt-testkit", &[]),
    ("paydirt-schedule", &["paydirt-money"]),
    ("paydirt-earnings", &["paydirt-money"]),
    ("paydirt-chain", &["paydirt-money"]),
    ("paydirt-sheets", &["paydirt-money", "paydirt-schedule"]),
    // The chain for its nouns, the schedule for its instants.
    (
        "paydirt-ledger",
        &["paydirt-money", "paydirt-chain", "paydirt-schedule"],
    ),
    (
        "paydirt-payouts",
        &[
            "paydirt-money",
            "paydirt-chain",
            "paydirt-ledger",
            "paydirt-schedule",
        ],
    ),
    // The books for their nouns.
    (
        "paydirt-reports",
        &[
            "paydirt-books",
            "paydirt-earnings",
            "paydirt-money",
            "paydirt-schedule",
        ],
    ),
    // The chain for what an observation says.
    (
        "paydirt-settlement",
        &[
            "paydirt-books",
            "paydirt-chain",
            "paydirt-earnings",
            "paydirt-ledger",
            "paydirt-money",
            "paydirt-schedule",
            "paydirt-sheets",
        ],
    ),
    // The chain to look up what was paid from outside, the ledger for its nouns.
    (
        "paydirt-withdrawals",
        &[
            "paydirt-books",
            "paydirt-chain",
            "paydirt-ledger",
            "paydirt-money",
            "paydirt-schedule",
            "paydirt-sheets",
        ],
    ),
];

/// What no concrete chain may know.
const NEVER_FOR_A_CHAIN: [&str; 6] = [
    "paydirt-ledger",
    "paydirt-ledger-redis",
    "paydirt-books",
    "paydirt-payouts",
    "paydirt-settlement",
    "paydirt-withdrawals",
];

/// Names the concrete chains and ledgers; nobody else does.
const WIRING: &str = "paydirt-app";

struct Package {
    name: String,
    /// Below the root, as `chains/ethereum`.
    folder: PathBuf,
    manifest: PathBuf,
    /// Packages of this workspace, without those for tests.
    knows: Vec<String>,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_owned()
}

fn packages() -> Vec<Package> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let args = ["metadata", "--format-version=1", "--no-deps", "--offline"];
    let output = Command::new(cargo)
        .args(args)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(package)
        .collect()
}

fn package(metadata: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let manifest = PathBuf::from(text(&metadata["manifest_path"]));
    let folder = manifest
        .parent()
        .unwrap()
        .strip_prefix(root())
        .unwrap()
        .to_owned();
    let dependencies = metadata["dependencies"].as_array().unwrap().iter();
    let ours = dependencies.filter(|found| found["path"].is_string() && found["kind"] != "dev");
    let knows = ours.map(|found| text(&found["name"])).collect();
    Package {
        name: text(&metadata["name"]),
        folder,
        manifest,
        knows,
    }
}

fn source_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<_> = ["crates", "chains", "tests"]
        .map(|top| root().join(top))
        .into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(
        files.len() > 20,
        "only {} source files were found",
        files.len()
    );
    files
}

fn findings_in(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES {
        findings.push(format!(
            "{lines} lines, at most {MAX_LINES}: split it by ideas"
        ));
    }
    for (number, line) in (1..).zip(text.lines()) {
        // A row of a table in a comment can't be broken either.
        let unbreakable = line.starts_with("//! |")
            || line.split_whitespace().any(|word| word.len() > UNBREAKABLE);
        if line.chars().count() > MAX_COLUMNS && !unbreakable {
            findings.push(format!("line {number} is over {MAX_COLUMNS} columns"));
        }
        for word in UNFINISHED.iter().filter(|&&word| line.contains(word)) {
            findings.push(format!(
                "line {number} has {word}: finish it or leave it out"
            ));
        }
    }
    findings
}

#[test]
fn source_files_are_short_narrow_and_finished() {
    let mut findings = Vec::new();
    for path in source_files() {
        let found = findings_in(&fs::read_to_string(&path).unwrap());
        let shown = path.strip_prefix(root()).unwrap().display();
        findings.extend(found.iter().map(|finding| format!("{shown}: {finding}")));
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn a_long_a_wide_and_an_unfinished_file_are_found() {
    assert_eq!(findings_in(&"x\n".repeat(MAX_LINES)), Vec::<String>::new());
    assert_eq!(findings_in(&"x\n".repeat(MAX_LINES + 1)).len(), 1);
    let wide = |word: &str| format!("{}{word}", "ab ".repeat(30));
    assert_eq!(findings_in(&wide("0123456789")), Vec::<String>::new());
    assert_eq!(
        findings_in(&wide("0123456789_")),
        ["line 1 is over 100 columns"]
    );
    assert_eq!(findings_in(&wide(&"f".repeat(64))), Vec::<String>::new());
    for word in UNFINISHED {
        assert_eq!(
            findings_in(&format!("fn f() {{}}\n{word}\n")).len(),
            1,
            "{word}"
        );
    }
}

fn crossed_arrows(packages: &[Package]) -> Vec<String> {
    let is_chain = |name: &str| {
        let found = packages.iter().find(|package| package.name == name);
        found.is_some_and(|package| package.folder.starts_with("chains"))
    };
    let mut crossed = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let allowed = MAY_KNOW
            .iter()
            .find(|(listed, _)| *listed == name)
            .map(|(_, known)| *known);
        for known in package.knows.iter().map(String::as_str) {
            let beyond_its_list = allowed.is_some_and(|allowed| !allowed.contains(&known));
            let chain_knows_money_owed = is_chain(name) && NEVER_FOR_A_CHAIN.contains(&known);
            let concrete = is_chain(known) || known == "paydirt-ledger-redis";
            let names_a_concrete_one = concrete && name != WIRING;
            let not_for_tests_only = known == "paydirt-testkit";
            if beyond_its_list
                || chain_knows_money_owed
                || names_a_concrete_one
                || not_for_tests_only
            {
                crossed.push(format!("{name} may not know {known}"));
            }
        }
    }
    crossed
}

#[test]
fn crates_know_only_what_the_architecture_lets_them_know() {
    let packages = packages();
    for (name, _) in &MAY_KNOW {
        assert!(
            packages.iter().any(|package| package.name == *name),
            "no package {name}"
        );
    }
    let crossed = crossed_arrows(&packages);
    assert!(crossed.is_empty(), "\n{}", crossed.join("\n"));
}

#[test]
fn each_arrow_that_must_not_be_is_found() {
    for (name, folder, known) in [
        ("paydirt-money", "crates/money", "paydirt-schedule"),
        ("paydirt-chain", "crates/chain", "paydirt-ledger"),
        ("paydirt-payouts", "crates/payouts", "paydirt-books"),
        ("paydirt-ethereum", "chains/ethereum", "paydirt-ledger"),
        ("paydirt-books", "crates/books", "paydirt-ethereum"),
        (
            "paydirt-ledger-redis",
            "crates/ledger-redis",
            "paydirt-ethereum",
        ),
        ("paydirt", "crates/paydirt", "paydirt-ledger-redis"),
        ("paydirt-app", "crates/app", "paydirt-testkit"),
    ] {
        let package = |name: &str, folder: &str, knows: &[&str]| Package {
            name: name.into(),
            folder: folder.into(),
            manifest: PathBuf::new(),
            knows: knows.iter().map(|&known| known.into()).collect(),
        };
        let mut all = vec![package(name, folder, &[known])];
        all.push(package("paydirt-ethereum", "chains/ethereum", &[]));
        assert_eq!(
            crossed_arrows(&all),
            [format!("{name} may not know {known}")]
        );
        let wiring = package(
            WIRING,
            "crates/app",
            &["paydirt-ethereum", "paydirt-ledger-redis"],
        );
        all[0] = wiring;
        assert_eq!(crossed_arrows(&all), Vec::<String>::new());
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in packages() {
        let manifest = fs::read_to_string(&package.manifest).unwrap();
        let asked = manifest
            .split_once("[lints]")
            .is_some_and(|(_, rest)| rest.trim_start().starts_with("workspace = true"));
        assert!(
            asked,
            "{}: add `[lints] workspace = true`",
            package.manifest.display()
        );
    }
}
