//! A storage pool of ether with its node, its books and its wallet, and the program run on them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use paydirt_money::{Amount, Coin};
use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS, DevAccount, PostgresServer};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::task::{JoinHandle, spawn_blocking};

/// Long ago, so that it is over by any clock.
pub(crate) const DAY: &str = "2024-11-01";
/// Ledger units of one ether, and wei of one ledger unit.
pub(crate) const ETHER: i64 = 1_000_000_000;
pub(crate) const WEI: u128 = 1_000_000_000;
/// What anvil gives its accounts, wei.
const FUNDED: u128 = 10_000 * 1_000_000_000 * WEI;
const WALLET: DevAccount = DEV_ACCOUNTS[0];
/// Code that takes no money.
const REVERTS: &str = "0x60006000fd";

/// Members, what they earn of the first day's ten ether, and where they are paid.
pub(crate) const MEMBERS: [(&str, i64, &str); 5] = [
    (
        "ann",
        3 * ETHER,
        "0x1000000000000000000000000000000000000001",
    ),
    (
        "ben",
        2 * ETHER,
        "0x1000000000000000000000000000000000000002",
    ),
    (
        "ina",
        2_700_000_000,
        "0x1000000000000000000000000000000000000003",
    ),
    (
        "sue",
        300_000_000,
        "0x1000000000000000000000000000000000000004",
    ),
    ("tess", 2 * ETHER, TURNCOAT),
];
/// Ina's refuses from the start.
const REX: &str = "0x1000000000000000000000000000000000000003";
/// Takes money in a simulation, and refuses it once a transaction that pays it is pending.
const TURNCOAT: &str = "0x1000000000000000000000000000000000000005";

pub(crate) struct Place {
    pub(crate) node: Arc<Anvil>,
    folder: TempDir,
    /// As tests reach the books.
    pub(crate) url: String,
    _server: Option<PostgresServer>,
    /// Whether blocks are mined.
    turned: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
    miner: JoinHandle<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.miner.abort();
    }
}

impl Place {
    pub(crate) async fn on_sqlite() -> Self {
        Self::new(None).await
    }

    pub(crate) async fn on_postgres() -> Self {
        Self::new(Some(PostgresServer::start().await.unwrap())).await
    }

    async fn new(server: Option<PostgresServer>) -> Self {
        let options = AnvilOptions {
            slots_in_an_epoch: Some(1),
            extra_args: vec!["--no-mining".into()],
            ..AnvilOptions::default()
        };
        let node = Arc::new(Anvil::start(options).await.unwrap());
        refuses(&node, REX).await;
        let folder = TempDir::with_prefix("paydirt-withdrawals-").unwrap();
        let url = match &server {
            Some(server) => server.url(),
            None => format!("sqlite://{}/paydirt.db", folder.path().display()),
        };
        let config = config(&url, &node.url());
        let file = folder.path().join("paydirt.toml");
        std::fs::write(&file, config).unwrap();
        node.rpc("anvil_mine", json!(["0x5"])).await.unwrap();
        let [turned, stopped] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
        Self {
            miner: tokio::spawn(mine(
                Arc::clone(&node),
                Arc::clone(&turned),
                Arc::clone(&stopped),
            )),
            turned,
            stopped,
            node,
            folder,
            url,
            _server: server,
        }
    }

    /// The same with a settled day.
    pub(crate) async fn settled(self) -> Self {
        self.ok("migrate").await;
        self.settle().await;
        self
    }

    /// Everybody earns something in one day.
    pub(crate) async fn settle(&self) {
        let mut members = "member,address\n".to_owned();
        let mut orders = "order,member,power,fee_rate,start,end\n".to_owned();
        for (member, units, address) in MEMBERS {
            members += &format!("{member},{address}\n");
            orders += &format!("of-{member},{member},{} MB,0,{DAY},\n", units / 1_000_000);
        }
        std::fs::write(self.path("members.csv"), members).unwrap();
        std::fs::write(self.path("orders.csv"), orders).unwrap();
        self.ok("members import members.csv --pool ether").await;
        self.ok("orders import orders.csv --pool ether").await;
        let income = format!("income record --pool ether --stream main --day {DAY} --amount 10");
        self.ok(&income).await;
        let settle = format!("settle --pool ether --stream main --day {DAY}");
        self.ok(&settle).await;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .args(line.split_whitespace())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("USER", "alice")
            .env("PAYDIRT_PRIVATE_KEY", WALLET.private_key)
            .env("PAYDIRT_CRASH_LIST", self.path("points"));
        command
    }

    pub(crate) async fn run(&self, mut command: Command) -> Output {
        spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// Standard output of a command that does what it is asked for.
    pub(crate) async fn ok(&self, line: &str) -> String {
        let output = self.run(self.command(line)).await;
        assert!(output.status.success(), "{line}\n{}", in_words(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same as JSON.
    pub(crate) async fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --output json")).await).unwrap()
    }

    /// Pays once, in this mode; on request, more than anybody asks for.
    pub(crate) async fn pay(&self, mode: &str) -> Value {
        let cap = match mode {
            "request" => " --set pool.ether.payouts.daily_cap=1000",
            _ => "",
        };
        self.json(&format!("{}{cap}", pay_line(mode))).await
    }

    /// In the background, with what it logs in this file.
    pub(crate) fn start(&self, line: &str, log: &str) -> Child {
        let log = std::fs::File::create(self.path(log)).unwrap();
        let mut command = self.command(line);
        command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// A member asks for so much to its own address, which nobody has to approve; its id.
    pub(crate) async fn approved(&self, member: &str, units: i64) -> i64 {
        let (_, _, address) = MEMBERS.iter().find(|(name, ..)| *name == member).unwrap();
        let amount = Amount::from_units(units, Coin::ETH).to_fixed();
        let settings = on_request("daily_cap=1000 approve_above=1000 minimum=0.000000001");
        let asked = format!(
            "withdrawals request --pool ether --member {member} --amount {amount} --to {address} \
             {settings}"
        );
        let asked = self.json(&asked).await;
        assert_eq!(asked["state"], "approved", "{asked}");
        asked["id"].to_string().trim_matches('"').parse().unwrap()
    }

    /// Nobody turns, and blocks are mined from now on.
    pub(crate) fn mine(&self) {
        self.turned.store(true, Ordering::SeqCst);
        self.stopped.store(false, Ordering::SeqCst);
    }

    /// No block is mined from now on.
    pub(crate) fn stop_mining(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// How many withdrawals are so.
    pub(crate) async fn count(&self, of_withdrawals: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM withdrawal WHERE {of_withdrawals}");
        let sql = AssertSqlSafe(sql);
        if self.url.starts_with("postgres") {
            let mut on = PgConnection::connect(&self.url).await.unwrap();
            return sqlx::query_scalar(sql).fetch_one(&mut on).await.unwrap();
        }
        let mut on = SqliteConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut on).await.unwrap()
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        self.node.rpc(method, params).await.unwrap()
    }

    /// The turncoat takes money again.
    pub(crate) async fn takes_again(&self) {
        self.rpc("anvil_setCode", json!([TURNCOAT, "0x"])).await;
    }

    /// Whether a transaction is in no block yet.
    pub(crate) async fn is_pending(&self, tx: &str) -> bool {
        self.rpc("eth_getTransactionReceipt", json!([tx]))
            .await
            .is_null()
    }

    pub(crate) async fn wei(&self, address: &str) -> u128 {
        hex(&self.rpc("eth_getBalance", json!([address, "latest"])).await)
    }

    /// The books verify, each of these members was paid this by so many transactions and nobody
    /// else anything, on the chain, in the books and in the wallet, to the wei.
    pub(crate) async fn assert_paid(&self, paid: &[(&str, i64, usize)], why: &str) {
        let verified = self.json("ledger verify --pool ether").await;
        assert_eq!(verified["rows"][0]["state"], "right", "{why}: {verified}");
        let paid: BTreeMap<&str, (i64, usize)> = paid
            .iter()
            .map(|(member, units, by)| (*member, (*units, *by)))
            .collect();
        let receipts = self.receipts().await;
        let mut sum = 0;
        for (member, earned, address) in MEMBERS {
            let (units, by) = paid.get(member).copied().unwrap_or_default();
            let wei = u128::try_from(units).unwrap() * WEI;
            assert_eq!(self.wei(address).await, wei, "{why}: {member} on chain");
            let to = |it: &&Value| it["to"] == address && hex(&it["status"]) == 1;
            assert_eq!(receipts.iter().filter(to).count(), by, "{why}: {member}");
            let shown = self.json(&format!("members show {member}")).await;
            let of = |bucket: &str| coins(&shown["balances"][0][bucket]);
            assert_eq!(of("paid"), units, "{why}: {member} in the books");
            assert_eq!(of("in_flight"), 0, "{why}: {member}");
            assert_eq!(
                of("available") + of("frozen"),
                earned - units,
                "{why}: {member}"
            );
            sum += wei;
        }
        let fee = |it: &Value| hex(&it["gasUsed"]) * hex(&it["effectiveGasPrice"]);
        let fees: u128 = receipts.iter().map(fee).sum();
        let wallet = self.wei(WALLET.address).await;
        assert_eq!(wallet, FUNDED - sum - fees, "{why}: the wallet");
    }

    /// Receipts of all transactions on the chain.
    async fn receipts(&self) -> Vec<Value> {
        let head = hex(&self.rpc("eth_blockNumber", json!([])).await);
        let mut receipts = Vec::new();
        for block in 0..=head {
            let tag = json!([format!("{block:#x}")]);
            let of_block = self.rpc("eth_getBlockReceipts", tag).await;
            receipts.extend(of_block.as_array().unwrap().iter().cloned());
        }
        receipts
    }
}

/// The pool pays on request, by these settings.
pub(crate) fn on_request(settings: &str) -> String {
    let mode = std::iter::once("mode=request");
    let all = mode.chain(settings.split_whitespace());
    let set = all.map(|setting| format!("--set pool.ether.payouts.{setting}"));
    set.collect::<Vec<_>>().join(" ")
}

/// The command that pays once, in this mode.
pub(crate) fn pay_line(mode: &str) -> String {
    format!("payouts run --once --yes --deadline 100s --set pool.ether.payouts.mode={mode}")
}

fn config(url: &str, node: &str) -> String {
    format!(
        r#"
[database]
url = "{url}"
[chain.eth]
kind = "ethereum"
coin = "ETH"
endpoints = ["{node}"]
chain_id = 31337
poll_ms = 50
[wallet.hot]
chain = "eth"
signer = "env"
[pool.ether]
chain = "eth"
wallet = "hot"
ledger = "sql"
first_day = "{DAY}"
whole = "sold"
[pool.ether.stream.main]
due = "when_recorded"
[pool.ether.payouts]
minimum = "0.5 ETH"
"#
    )
}

async fn refuses(node: &Anvil, address: &str) {
    let params = json!([address, REVERTS]);
    node.rpc("anvil_setCode", params).await.unwrap();
}

/// No block before the turncoat has turned, which it does as soon as a transaction that pays it is
/// pending; then one after the other.
async fn mine(node: Arc<Anvil>, turned: Arc<AtomicBool>, stopped: Arc<AtomicBool>) {
    loop {
        tokio::time::sleep(Duration::from_millis(30)).await;
        if stopped.load(Ordering::SeqCst) {
            continue;
        }
        if !turned.load(Ordering::SeqCst) {
            // A node that is going down ends the pool with it.
            let Ok(pool) = node.rpc("txpool_content", json!([])).await else {
                return;
            };
            if !pool.to_string().contains(&TURNCOAT[2..]) {
                continue;
            }
            refuses(&node, TURNCOAT).await;
            turned.store(true, Ordering::SeqCst);
        }
        if node.rpc("evm_mine", json!([])).await.is_err() {
            return;
        }
    }
}

fn hex(value: &Value) -> u128 {
    u128::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// Ledger units of an amount in coins.
fn coins(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

pub(crate) fn in_words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}
