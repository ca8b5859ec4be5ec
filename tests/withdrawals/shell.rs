//! A working directory with a pool that pays on request, and the program run in it by one person or
//! another.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, PostgresServer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Who asks.
pub(crate) const ALICE: &str = "alice";
/// Who decides.
pub(crate) const BOB: &str = "bob";

/// Accounts of the node: the pool's wallet, another payer of it, a stranger.
pub(crate) const WALLET: usize = 0;
pub(crate) const PAYER: usize = 3;
pub(crate) const STRANGER: usize = 4;

/// Where members are paid.
pub(crate) const U1: &str = "0x00000000000000000000000000000000000a11ce";
pub(crate) const U2: &str = "0x0000000000000000000000000000000000000b0b";
/// Of u1 too, added later.
pub(crate) const U1_NEW: &str = "0x000000000000000000000000000000000000beef";

/// New, and gone with this.
pub(crate) struct Shell {
    folder: TempDir,
    _server: Option<PostgresServer>,
    pub(crate) anvil: Option<Anvil>,
}

impl Shell {
    pub(crate) async fn on_sqlite() -> Shell {
        paydirt_testkit::uses("sqlite");
        Shell::new("sqlite://paydirt.db".to_owned(), None)
    }

    pub(crate) async fn on_postgres() -> Shell {
        let server = PostgresServer::start().await.unwrap();
        Shell::new(server.url(), Some(server))
    }

    fn new(url: String, server: Option<PostgresServer>) -> Shell {
        let shell = Shell {
            folder: TempDir::new().unwrap(),
            _server: server,
            anvil: None,
        };
        let (wallet, payer) = (DEV_ACCOUNTS[WALLET].address, DEV_ACCOUNTS[PAYER].address);
        let pool = format!(
            r#"[database]
url = {url:?}
[chain.eth]
kind = "ethereum"
coin = "ETH"
endpoints = ["http://127.0.0.1:1"]
[wallet.hot]
chain = "eth"
signer = "env"
address = "{wallet}"
[pool.ether]
chain = "eth"
wallet = "hot"
ledger = "sql"
time_zone = "UTC"
first_day = "2024-11-01"
whole = "sold"
[pool.ether.stream.main]
due = "when_recorded"
[pool.ether.payouts]
mode = "request"
minimum = "0.1 ETH"
approve_above = "10 ETH"
daily_cap = "1000 ETH"
payers = ["{payer}"]
"#
        );
        let file = shell.path("paydirt.toml");
        std::fs::write(&file, pool).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
        shell.ok(ALICE, &["migrate"]);
        shell
    }

    /// With two members: u1 has 50 available, 6 set aside by nobody's withdrawal; u2 has 5 and 4.
    pub(crate) fn with_members(self) -> Shell {
        let members = format!("member,name,address\nu1,Ann,{U1}\nu2,Bo,{U2}\n");
        self.write("members.csv", &members);
        self.ok(
            ALICE,
            &["members", "import", "members.csv", "--pool", "ether"],
        );
        self.write(
            "old.csv",
            "member,bucket,amount\nu1,available,50\nu1,frozen,6\nu2,available,5\nu2,frozen,4\n",
        );
        let mut line = vec!["import", "opening", "old.csv", "--pool", "ether", "--yes"];
        for total in [
            "available=55",
            "frozen=10",
            "paid=0",
            "receivable=0",
            "vesting=0",
        ] {
            line.extend(["--total", total]);
        }
        self.ok(ALICE, &line);
        self
    }

    /// With a node whose second block below the head is final.
    pub(crate) async fn with_node(self) -> Shell {
        self.with_node_of(&[]).await
    }

    /// The same, started with these arguments.
    pub(crate) async fn with_node_of(mut self, arguments: &[&str]) -> Shell {
        let options = AnvilOptions {
            slots_in_an_epoch: Some(1),
            extra_args: arguments.iter().map(|it| (*it).to_owned()).collect(),
            ..AnvilOptions::default()
        };
        let anvil = Anvil::start(options).await.unwrap();
        let text = format!("[chain.eth]\nendpoints = [\"{}\"]\n", anvil.url());
        self.write("node.toml", &text);
        self.anvil = Some(anvil);
        self
    }

    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        self.anvil
            .as_ref()
            .unwrap()
            .rpc(method, params)
            .await
            .unwrap()
    }

    /// Sends so many wei, and gives the transaction; mined, not final.
    pub(crate) async fn send(&self, from: usize, to: &str, wei: u128) -> String {
        let sent = json!({
            "from": DEV_ACCOUNTS[from].address, "to": to, "value": format!("{wei:#x}"),
        });
        let hash = self.rpc("eth_sendTransaction", json!([sent])).await;
        hash.as_str().unwrap().to_owned()
    }

    /// Makes all that was mined final.
    pub(crate) async fn finalise(&self) {
        self.rpc("anvil_mine", json!(["0x4"])).await;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command(&self, who: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command.args(["--config", "paydirt.toml"]);
        if self.path("node.toml").exists() {
            command.args(["--config", "node.toml"]);
        }
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("USER", who);
        command
    }

    pub(crate) fn run(&self, who: &str, arguments: &[&str]) -> Ran {
        let output = self.command(who, arguments).output().unwrap();
        let line = arguments.join(" ");
        Ran { line, output }
    }

    /// Starts it and goes on.
    pub(crate) fn start(&self, who: &str, arguments: &[&str]) -> Child {
        let mut command = self.command(who, arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Standard output of a command that does what it is asked for.
    pub(crate) fn ok(&self, who: &str, arguments: &[&str]) -> String {
        let ran = self.run(who, arguments);
        assert_eq!(ran.exit(), 0, "{ran}");
        ran.out()
    }

    /// The same as JSON.
    pub(crate) fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let with_format = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.ok(who, &with_format)).unwrap()
    }

    /// Its rows.
    pub(crate) fn rows(&self, who: &str, arguments: &[&str]) -> Vec<Value> {
        self.json(who, arguments)["rows"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The message and the cure of a command that is refused with this exit code.
    pub(crate) fn refused(&self, who: &str, exit: i32, arguments: &[&str]) -> String {
        let ran = self.run(who, &[arguments, &["--output", "json"]].concat());
        assert_eq!((ran.exit(), ran.out().as_str()), (exit, ""), "{ran}");
        let err = ran.err();
        let last = err.lines().last().unwrap_or_default();
        let error: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{ran}"));
        for key in ["code", "message", "cure"] {
            let text = error["error"][key].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{ran}");
        }
        format!("{} | {}", error["error"]["message"], error["error"]["cure"])
    }

    /// Asks for this, and gives the answer.
    pub(crate) fn ask(&self, member: &str, amount: &str, to: &str) -> Value {
        self.json(ALICE, &request(member, amount, to))
    }

    /// What a member has available, set aside and paid.
    pub(crate) fn has(&self, member: &str) -> [String; 3] {
        let shown = self.json(ALICE, &["members", "show", member]);
        let plain = |name: &str| {
            let text = shown["balances"][0][name].as_str().unwrap();
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        [plain("available"), plain("frozen"), plain("paid")]
    }

    /// Every balance is what its entries add up to, and nobody changed what was done.
    pub(crate) fn verify(&self) {
        for row in self.rows(ALICE, &["ledger", "verify"]) {
            assert_eq!(row["state"], "right", "{row}");
        }
        self.ok(ALICE, &["audit", "verify"]);
    }
}

/// The command that asks for a withdrawal.
pub(crate) fn request<'a>(member: &'a str, amount: &'a str, to: &'a str) -> Vec<&'a str> {
    let of = ["withdrawals", "request", "--pool", "ether"];
    let what = ["--member", member, "--amount", amount, "--to", to];
    [&of[..], &what[..]].concat()
}

/// A number as it is typed.
pub(crate) fn id(answer: &Value) -> String {
    answer["id"].as_u64().unwrap().to_string()
}

/// What a command did.
pub(crate) struct Ran {
    line: String,
    output: Output,
}

impl Ran {
    pub(crate) fn exit(&self) -> i32 {
        self.output.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (exit, out, err) = (self.exit(), self.out(), self.err());
        write!(f, "paydirt {}\nexit {exit}\n{out}\n{err}", self.line)
    }
}
