//! A working directory with a pool's configuration, and the program run in it.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use paydirt_books::{Books, Holding, MemberData, NewVersion, VersionCause};
use paydirt_ledger::{MemberId, PoolId};
use paydirt_money::{Coin, FeeRate, Power};
use paydirt_schedule::{Day, Timestamp};
use paydirt_testkit::PostgresServer;
use serde_json::Value;
use tempfile::TempDir;

/// Long ago, so that its days are over by any clock.
pub(crate) const FIRST: &str = "2024-11-01";
pub(crate) const SECOND: &str = "2024-11-02";

const POOL: &str = r#"
[chain.fil]
kind = "filecoin"
coin = "FIL"
[chain.eth]
kind = "ethereum"
coin = "ETH"
endpoints = ["http://127.0.0.1:1"]
[pool.space]
chain = "fil"
ledger = "sql"
time_zone = "Asia/Shanghai"
first_day = "2024-11-01"
power_basis = "raw"
[pool.space.stream.mainnet]
[pool.space.stream.bonus]
credit = "transfer"
due = "when_recorded"
until = "2024-12-01"
[pool.ether]
chain = "eth"
ledger = "sql"
first_day = "2024-11-01"
whole = "sold"
[pool.ether.stream.main]
due = "when_recorded"
vesting = { immediate = "0.25", linear_days = 3 }
"#;

/// New, and gone with this.
pub(crate) struct Shell {
    folder: TempDir,
    url: String,
    server: Option<PostgresServer>,
}

/// An order to be: open, from the first day on.
pub(crate) struct Order {
    pub(crate) id: &'static str,
    pub(crate) member: &'static str,
    pub(crate) power: &'static str,
    pub(crate) fee_rate: &'static str,
}

/// The operators' own example, and two smaller ones.
pub(crate) const ORDERS: [Order; 3] = [
    Order {
        id: "A1",
        member: "u1",
        power: "900 TB",
        fee_rate: "0",
    },
    Order {
        id: "A2",
        member: "u2",
        power: "100 TB",
        fee_rate: "0.2",
    },
    Order {
        id: "A3",
        member: "u2",
        power: "1 TiB",
        fee_rate: "0.05",
    },
];

impl Shell {
    pub(crate) async fn on_sqlite() -> Shell {
        Shell::new("sqlite://paydirt.db".to_owned(), None)
    }

    pub(crate) async fn on_postgres() -> Shell {
        let server = PostgresServer::start().await.unwrap();
        Shell::new(server.url(), Some(server))
    }

    fn new(url: String, server: Option<PostgresServer>) -> Shell {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("paydirt.toml");
        std::fs::write(&file, format!("[database]\nurl = {url:?}\n{POOL}")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
        Shell {
            folder,
            url,
            server,
        }
    }

    /// One with a database that is up to date, and [`ORDERS`] in the pool `space`.
    pub(crate) async fn with_orders(self) -> Shell {
        self.ok(&["migrate"]);
        self.add_orders("space", Coin::FIL, &ORDERS).await;
        self
    }

    pub(crate) async fn books(&self) -> Books {
        let url = match &self.server {
            Some(_) => self.url.clone(),
            None => format!("sqlite:{}", self.path("paydirt.db").display()),
        };
        Books::connect(&url).await.unwrap()
    }

    pub(crate) async fn add_orders(&self, pool: &str, coin: Coin, orders: &[Order]) {
        let books = self.books().await;
        let (now, first) = (Timestamp::from_ms(0), FIRST.parse::<Day>().unwrap());
        let mut session = books.begin().await.unwrap();
        let pool = session
            .open_pool(&PoolId::new(pool), coin, first, now)
            .await;
        let pool = pool.unwrap();
        for order in orders {
            let known = session.members_by_code([order.member]).await.unwrap();
            let member = match known.get(order.member) {
                Some(member) => member.number,
                None => {
                    let data = MemberData {
                        code: MemberId::new(order.member),
                        name: Some(format!("name of {}", order.member)),
                        phone: Some(format!("139{}", order.member)),
                    };
                    session.add_members(&[data], now).await.unwrap()[0]
                }
            };
            let added = session.add_orders(pool.number, &[order.id]).await.unwrap();
            let version = NewVersion {
                order: added[0],
                holding: Holding {
                    member,
                    power: Power::parse(order.power).unwrap(),
                    fee_rate: FeeRate::parse(order.fee_rate).unwrap(),
                    coefficient: None,
                    start: first,
                    end: None,
                    streams: None,
                },
                valid_from: first,
                cause: VersionCause::Import,
                import: None,
                note: None,
            };
            let versions = [version];
            let added = session.add_versions(pool.number, &versions, now, "test");
            added.await.unwrap();
        }
        session.commit().await.unwrap();
        books.close().await;
    }

    /// Adds so many small orders of as many members to the pool `space`.
    pub(crate) async fn add_many(&self, count: usize) {
        let books = self.books().await;
        let (now, first) = (Timestamp::from_ms(0), FIRST.parse::<Day>().unwrap());
        let mut session = books.begin().await.unwrap();
        let pool = session
            .open_pool(&PoolId::new("space"), Coin::FIL, first, now)
            .await;
        let pool = pool.unwrap().number;
        let data = |n| MemberData {
            code: MemberId::new(format!("m{n}")),
            name: None,
            phone: None,
        };
        let data: Vec<MemberData> = (0..count).map(data).collect();
        let members = session.add_members(&data, now).await.unwrap();
        let ids: Vec<String> = (0..count).map(|n| format!("B{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let orders = session.add_orders(pool, &ids).await.unwrap();
        let version = |(order, member)| NewVersion {
            order,
            holding: Holding {
                member,
                power: Power::parse("1 TiB").unwrap(),
                fee_rate: FeeRate::parse("0.1").unwrap(),
                coefficient: None,
                start: first,
                end: None,
                streams: None,
            },
            valid_from: first,
            cause: VersionCause::Import,
            import: None,
            note: None,
        };
        let versions: Vec<NewVersion> = orders.into_iter().zip(members).map(version).collect();
        let added = session.add_versions(pool, &versions, now, "test").await;
        assert_eq!(added.unwrap().len(), count);
        session.commit().await.unwrap();
        books.close().await;
    }

    /// The server, where there is one, is killed and started again.
    pub(crate) async fn restart_server(&mut self) {
        if let Some(server) = &mut self.server {
            server.kill9();
            server.restart().await.unwrap();
        }
    }

    pub(crate) async fn stop_server(&mut self) {
        if let Some(server) = &mut self.server {
            server.stop().await.unwrap();
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paydirt"));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("USER", "alice");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_as("alice", arguments)
    }

    /// As another person.
    pub(crate) fn run_as(&self, person: &str, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        let output = command.env("USER", person).output().unwrap();
        let ran = Ran {
            line: arguments.join(" "),
            output,
        };
        if let Some(server) = &self.server {
            let shown = [ran.out(), ran.err()].concat();
            assert!(!shown.contains(server.password()), "{ran}");
        }
        ran
    }

    /// In the background, with what it logs in this file.
    pub(crate) fn start(&self, arguments: &[&str], log: &str) -> Child {
        self.start_as("alice", arguments, log)
    }

    pub(crate) fn start_as(&self, person: &str, arguments: &[&str], log: &str) -> Child {
        let log = std::fs::File::create(self.path(log)).unwrap();
        let mut command = self.command(arguments);
        command.env("USER", person);
        command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// Standard output of a command that does what it is asked for.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.exit(), 0, "{ran}");
        ran.out()
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let with_format = [arguments, &["--output", "json"]].concat();
        serde_json::from_str(&self.ok(&with_format)).unwrap()
    }

    /// Its rows.
    pub(crate) fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        self.json(arguments)["rows"].as_array().unwrap().clone()
    }

    /// The error of a command that is refused: exit code and error object.
    pub(crate) fn refused(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.run(&[arguments, &["--output", "json"]].concat());
        let error: Value = serde_json::from_str(&ran.err())
            .unwrap_or_else(|_| panic!("not one object on standard error: {ran}"));
        for key in ["code", "message", "cure"] {
            let text = error["error"][key].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{ran}");
        }
        (ran.exit(), error["error"].clone())
    }

    /// Records income of the first stream, with the pool's power of that day.
    pub(crate) fn record(&self, day: &str, amount: &str, power: &str) {
        let of = ["--pool", "space", "--stream", "mainnet", "--day", day];
        let how_much = ["--amount", amount, "--power", power];
        self.ok(&[&["income", "record"], &of[..], &how_much[..]].concat());
    }
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

    pub(crate) fn rows(&self) -> Vec<Value> {
        let value: Value = serde_json::from_str(&self.out()).unwrap();
        value["rows"].as_array().unwrap().clone()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (exit, out, err) = (self.exit(), self.out(), self.err());
        write!(f, "paydirt {}\nexit {exit}\n{out}\n{err}", self.line)
    }
}

/// The values of these columns.
pub(crate) fn columns<'v>(row: &'v Value, names: &[&str]) -> Vec<&'v str> {
    let column = |name: &&str| row[*name].as_str().unwrap_or("null");
    names.iter().map(column).collect()
}
