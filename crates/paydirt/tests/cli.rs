//! The binary as an operator runs it: what it prints where, and its exit codes.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// geth's test account: address and key of the Web3 Secret Storage definition.
const KEY: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const ADDRESS: &str = "0x008aeeda4d805471df9b2a5b0f38a0c3bcba786b";

const CONFIG: &str = r#"
[chain.eth]
kind = "ethereum"
coin = "ETH"
endpoints = ["http://user:canary@127.0.0.1:8545"]
[wallet.hot]
chain = "eth"
keystore = "hot.json"
[wallet.env]
chain = "eth"
signer = "env"
"#;

/// A working directory of its own.
struct Shell {
    folder: TempDir,
}

impl Shell {
    fn new() -> Shell {
        Shell {
            folder: TempDir::new().unwrap(),
        }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        self.set_rights(name, 0o600);
    }

    fn set_rights(&self, name: &str, mode: u32) {
        let rights = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(self.path(name), rights).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear();
        command
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        Ran(self
            .command(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap())
    }
}

struct Ran(Output);

impl Ran {
    fn exit(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    fn rows(&self) -> Vec<Value> {
        assert_eq!((self.exit(), self.err().as_str()), (0, ""));
        let value: Value = serde_json::from_str(&self.out()).unwrap();
        value["rows"].as_array().unwrap().clone()
    }

    /// The error object, which is all that is on standard error.
    fn error(&self) -> Value {
        assert_eq!(self.out(), "");
        let value: Value = serde_json::from_str(&self.err()).unwrap();
        for key in ["code", "message", "cure"] {
            assert!(
                value["error"][key]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{value}"
            );
        }
        value["error"].clone()
    }
}

#[test]
fn the_configuration_is_shown_with_where_each_value_was_set_and_without_secrets() {
    let shell = Shell::new();
    shell.write("paydirt.toml", CONFIG);
    let environment = [
        ("PAYDIRT__LOG__LEVEL", "warn"),
        ("PAYDIRT_PASSWORD", "canary"),
    ];
    let line = [
        "--set",
        "time_zone=Asia/Shanghai",
        "config",
        "show",
        "--redacted",
        "--output",
    ];
    let shown = |format| shell.run(&[&line[..], &[format]].concat(), &environment);
    let rows = shown("json").rows();
    let row = |key: &str| rows.iter().find(|row| row["key"] == key).unwrap().clone();
    assert_eq!(row("time_zone")["value"], "Asia/Shanghai");
    assert_eq!(row("time_zone")["from"], "the command line");
    assert_eq!(row("log.level")["from"], "the environment");
    assert_eq!(row("chain.eth.coin")["from"], "paydirt.toml");
    assert_eq!(
        row("chain.eth.endpoints")["value"],
        "http://***@127.0.0.1:8545/"
    );
    assert_eq!(row("chain.eth.chain_id")["value"], Value::Null);
    for format in ["table", "csv", "json"] {
        let ran = shown(format);
        assert_eq!(ran.exit(), 0);
        assert!(ran.out().contains("Asia/Shanghai") && !ran.out().contains("canary"));
    }
    assert!(
        shown("csv")
            .out()
            .starts_with("key,value,from\ntime_zone,Asia/Shanghai,the command line\n")
    );
}

#[test]
fn a_wrong_configuration_exits_with_2_and_lists_all_problems() {
    let shell = Shell::new();
    shell.write("bad.toml", &CONFIG.replace("coin =", "coni ="));
    let line = ["--config", "bad.toml", "config", "show"];
    let ran = shell.run(&line, &[]);
    assert_eq!((ran.exit(), ran.out().as_str()), (2, ""));
    let message = ran.err();
    assert!(message.starts_with("error: the configuration cannot be used, nothing was started:"));
    assert!(
        message.contains("chain.eth.coni (in bad.toml): is not a key known here; did you mean")
    );
    assert!(message.contains("chain.eth.coin: is missing"), "{message}");
    let ran = shell.run(&[&line[..], &["--output", "json"]].concat(), &[]);
    let error = ran.error();
    assert_eq!((ran.exit(), &error["code"]), (2, &Value::from("config")));
    assert!(
        error["cure"]
            .as_str()
            .unwrap()
            .contains("chain.eth.coni: did you mean coin?")
    );
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let shell = Shell::new();
    for line in [
        &["pay"][..],
        &["config", "show", "--outptu", "json"],
        &["keys", "new"],
    ] {
        let ran = shell.run(line, &[]);
        assert_eq!((ran.exit(), ran.out().as_str()), (2, ""), "{line:?}");
        assert!(ran.err().starts_with("error: "), "{}", ran.err());
        let ran = shell.run(&[line, &["--output=json"]].concat(), &[]);
        assert_eq!(
            (ran.exit(), ran.error()["code"].as_str()),
            (2, Some("usage")),
            "{line:?}"
        );
    }
    let help = shell.run(&["--help"], &[]);
    assert_eq!((help.exit(), help.err().as_str()), (0, ""));
    assert!(help.out().contains("Global options:"));
    assert_eq!(
        shell.run(&["--version"], &[]).out(),
        concat!("paydirt ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn help_begins_with_what_paydirt_is() {
    let shell = Shell::new();
    for line in [&["--help"][..], &["help"], &["-h"]] {
        let help = shell.run(line, &[]).out();
        assert!(
            help.starts_with("Paydirt settles mining and storage pools"),
            "{help}"
        );
    }
    let payouts = shell.run(&["payouts", "--help"], &[]).out();
    for command in [
        "run",
        "status",
        "history",
        "resolve",
        "cancel",
        "reconcile",
        "pause",
    ] {
        assert!(payouts.contains(&format!("\n  {command} ")), "{payouts}");
    }
}

#[test]
fn a_key_is_made_once_and_found_again_by_its_address() {
    let shell = Shell::new();
    shell.write("hot.pass", "secret\n");
    let line = [
        "keys",
        "new",
        "hot.json",
        "--light",
        "--password-file",
        "hot.pass",
    ];
    let json = |line: &[&str]| shell.run(&[line, &["--output", "json"]].concat(), &[]);
    let made = json(&line).rows()[0].clone();
    assert_eq!(made["proven"], true);
    let before = std::fs::read(shell.path("hot.json")).unwrap();
    let again = json(&line);
    assert_eq!(
        (again.exit(), again.error()["code"].as_str()),
        (1, Some("key"))
    );
    assert!(
        again.error()["message"]
            .as_str()
            .unwrap()
            .contains("exists already")
    );
    assert_eq!(std::fs::read(shell.path("hot.json")).unwrap(), before);

    let said = json(&["keys", "address", "hot.json"]).rows()[0].clone();
    assert_eq!(
        (&said["address"], &said["proven"]),
        (&made["address"], &Value::from(false))
    );
    let proven = json(&["keys", "address", "hot.json", "--password-file", "hot.pass"]).rows();
    assert_eq!(
        (&proven[0]["address"], &proven[0]["proven"]),
        (&made["address"], &Value::from(true))
    );
    shell.write("wrong.pass", "wrong\n");
    let wrong = json(&[
        "keys",
        "address",
        "hot.json",
        "--password-file",
        "wrong.pass",
    ]);
    assert_eq!(wrong.exit(), 1);
    assert!(
        wrong.error()["message"]
            .as_str()
            .unwrap()
            .contains("does not open hot.json")
    );
}

#[test]
fn a_private_key_is_imported_from_a_file_or_the_environment_and_never_printed() {
    let shell = Shell::new();
    shell.write("key", &format!("{KEY}\n"));
    let password = ("PAYDIRT_PASSWORD", "secret");
    let line = ["--output", "json", "keys", "import", "--light"];
    let file = [&line[..], &["a.json", "--private-key-file", "key"]].concat();
    let environment = [&line[..], &["b.json"]].concat();
    for (line, variables) in [
        (file, vec![password]),
        (environment, vec![password, ("PAYDIRT_PRIVATE_KEY", KEY)]),
    ] {
        let ran = shell.run(&line, &variables);
        assert_eq!(ran.rows()[0]["address"], ADDRESS);
        assert!(!ran.out().contains(KEY));
    }
    let bad = shell.run(
        &[&line[..], &["c.json"]].concat(),
        &[password, ("PAYDIRT_PRIVATE_KEY", "0xcanary")],
    );
    assert_eq!(bad.exit(), 1);
    assert!(
        !bad.err().contains("canary") && !shell.path("c.json").exists(),
        "{}",
        bad.err()
    );
}

#[test]
fn a_secret_that_other_users_can_read_is_taken_with_a_warning() {
    let shell = Shell::new();
    shell.write("hot.pass", "secret\n");
    shell.write("key", KEY);
    for name in ["hot.pass", "key"] {
        shell.set_rights(name, 0o644);
    }
    let files = ["--private-key-file", "key", "--password-file", "hot.pass"];
    let line = [&["keys", "import", "hot.json", "--light"], &files[..]].concat();
    let ran = shell.run(&line, &[]);
    assert_eq!(ran.exit(), 0, "{}", ran.err());
    for name in ["hot.pass", "key"] {
        let warning = format!("{name} can be read by other users (mode 0644); run: chmod 600 ");
        assert!(ran.err().contains(&warning), "{}", ran.err());
    }
    assert!(!ran.err().contains("secret") && !ran.err().contains(KEY));
    shell.write("paydirt.toml", CONFIG);
    let listed = ["keys", "address", "--wallet", "hot", "--output", "json"];
    let password = [("PAYDIRT_PASSWORD_FILE", "hot.pass")];
    let row = shell.run(&listed, &password).rows()[0].clone();
    let warning = row["warning"].as_str().unwrap();
    assert!(
        warning.starts_with("hot.pass can be read by other users"),
        "{warning}"
    );
}

#[test]
fn without_a_terminal_nothing_is_asked_and_no_key_is_made() {
    let shell = Shell::new();
    for line in [
        &["keys", "new", "a.json"][..],
        &["keys", "import", "a.json"],
    ] {
        let ran = shell.run(line, &[]);
        assert_eq!((ran.exit(), ran.out().as_str()), (2, ""));
        assert!(
            ran.err().contains("no terminal to ask on; give --"),
            "{}",
            ran.err()
        );
        assert!(!shell.path("a.json").exists());
    }
}

#[test]
fn the_addresses_of_the_configured_wallets_are_listed() {
    let shell = Shell::new();
    shell.write("paydirt.toml", CONFIG);
    let variables = [("PAYDIRT_PASSWORD", "secret"), ("PAYDIRT_PRIVATE_KEY", KEY)];
    shell
        .run(&["keys", "import", "hot.json", "--light"], &variables)
        .out();
    let rows = shell
        .run(&["keys", "address", "--output", "json"], &variables)
        .rows();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (&row["wallet"], &row["address"], &row["key"]))
        .collect();
    let texts = [
        "env",
        ADDRESS,
        "the environment",
        "hot",
        ADDRESS,
        "hot.json",
    ]
    .map(Value::from);
    let [env, address, environment, hot, _, file] = &texts;
    assert_eq!(seen, [(env, address, environment), (hot, address, file)]);
    let none = shell.run(&["keys", "address", "--wallet", "cold"], &variables);
    assert_eq!(none.exit(), 2);
    assert!(none.err().contains("there is no wallet \"cold\"") && none.err().contains("env, hot"));
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let shell = Shell::new();
    for name in ["bash", "zsh", "fish"] {
        let script = shell.run(&["completions", name], &[]).out();
        assert!(
            script.contains("from-open-ethereum-pool") && script.contains("keys"),
            "{name}"
        );
    }
    assert!(shell.run(&["man"], &[]).out().contains(".TH paydirt 1"));
    assert_eq!(shell.run(&["man", "--dir", "pages"], &[]).exit(), 0);
    assert!(shell.path("pages/paydirt-keys-new.1").exists());
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let shell = Shell::new();
    let mut child = shell.command(&["completions", "zsh"]);
    let mut child = child
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_command_that_ended_leaves_the_journal_whole_in_its_file() {
    let shell = Shell::new();
    let pool = "[pool.eth]\nchain = \"eth\"\nwallet = \"env\"\nledger = \"redis\"\n\
        redis_url = \"redis://127.0.0.1:1/0\"\nredis_prefix = \"eth\"\n\
        [pool.eth.payouts]\nminimum = \"1 ETH\"\ninterval = \"2h\"\n";
    shell.write("paydirt.toml", &format!("{CONFIG}{pool}"));
    for command in [&["migrate"][..], &["payouts", "status"]] {
        let mut command = shell.command(command);
        let ran = command.env("PAYDIRT_PRIVATE_KEY", KEY).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert!(shell.path("paydirt.db").exists());
        assert!(!shell.path("paydirt.db-wal").exists(), "{command:?}");
    }
}
