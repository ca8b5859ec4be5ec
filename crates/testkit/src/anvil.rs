use std::net::{Ipv4Addr, SocketAddr};

use hyper::body::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::error::Error;
use crate::http::Client;
use crate::locate;
use crate::process::Process;
use crate::uses::uses;

const PROGRAM: &str = "anvil";
const CURE: &str = "caches @foundry-rs/anvil 1.7.1 from npm; or name one in PAYDIRT_ANVIL";

/// How to start an [`Anvil`]. The default mines each transaction at once, on chain 31337.
#[derive(Debug, Clone, Default)]
pub struct AnvilOptions {
    /// A block every so many seconds; `None`: one for each transaction as it comes.
    pub block_time_s: Option<u64>,
    /// 1 makes `finalized` the second block below the head; `None` (32) leaves it 0 for long.
    pub slots_in_an_epoch: Option<u64>,
    /// Funded accounts; `None`: 10.
    pub accounts: Option<u32>,
    /// What each account starts with, in whole ether; `None`: 10,000.
    pub balance_eth: Option<u64>,
    /// `None`: 31337.
    pub chain_id: Option<u64>,
    /// As `"osaka"`; `None`: the latest that this anvil knows.
    pub hardfork: Option<String>,
    /// A fixed port; `None`: a free one.
    pub port: Option<u16>,
    /// Further arguments, as `--no-mining` or `--enable-tx-gas-limit`.
    pub extra_args: Vec<String>,
}

impl AnvilOptions {
    fn args(&self) -> Vec<String> {
        let mut args = vec!["--host".to_owned(), "127.0.0.1".to_owned()];
        let mut add = |name: &str, value: Option<String>| {
            args.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        };
        // Port 0 lets anvil pick: no race with other tests.
        add("--port", Some(self.port.unwrap_or(0).to_string()));
        add(
            "--block-time",
            self.block_time_s.map(|seconds| seconds.to_string()),
        );
        add(
            "--slots-in-an-epoch",
            self.slots_in_an_epoch.map(|slots| slots.to_string()),
        );
        add("--accounts", self.accounts.map(|count| count.to_string()));
        add("--balance", self.balance_eth.map(|ether| ether.to_string()));
        add("--chain-id", self.chain_id.map(|id| id.to_string()));
        add("--hardfork", self.hardfork.clone());
        args.extend_from_slice(&self.extra_args);
        args
    }
}

/// An Ethereum node of one test's own. It is killed when dropped.
pub struct Anvil {
    process: Process,
    address: SocketAddr,
    client: Client,
    _dir: TempDir,
}

impl Anvil {
    /// Starts a node and waits until it answers.
    ///
    /// # Errors
    /// The program is not installed, or did not start (the error shows its log).
    pub async fn start(options: AnvilOptions) -> Result<Self, Error> {
        uses("anvil");
        let path = locate::anvil().ok_or(Error::Missing {
            program: PROGRAM,
            cure: CURE,
        })?;
        let dir = TempDir::with_prefix("paydirt-anvil-").map_err(|source| Error::Io {
            what: "creating a directory in",
            path: std::env::temp_dir(),
            source,
        })?;
        let mut process = Process::spawn(PROGRAM, &path, &options.args(), dir.path())?;
        // It prints this line when it already listens.
        let port = process
            .wait_until_ready(async |process| {
                let log = process.log();
                let (_, rest) = log.split_once("Listening on 127.0.0.1:")?;
                rest.split_once('\n')?.0.trim().parse::<u16>().ok()
            })
            .await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            process,
            address,
            client: Client::new(),
            _dir: dir,
        })
    }

    /// `http://127.0.0.1:<port>`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One JSON-RPC call; gives `result`.
    ///
    /// # Errors
    /// No connection, no JSON-RPC answer, or the node's error object.
    pub async fn rpc(&self, method: &str, params: Value) -> Result<Value, Error> {
        let url = self.url();
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (status, body) = self
            .client
            .post(&url, Bytes::from(body.to_string()))
            .await?;
        let mut answer: Value = serde_json::from_slice(&body)
            .map_err(|error| Error::transport(&url, format!("HTTP {status}, {error}")))?;
        if let Some(error) = answer.get("error") {
            return Err(Error::Rpc {
                method: method.to_owned(),
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            });
        }
        Ok(answer["result"].take())
    }

    /// Freezes it (SIGSTOP): connections stay open, nothing is answered.
    ///
    /// # Errors
    /// It ended by itself before.
    pub fn pause(&self) -> Result<(), Error> {
        self.process.signal(rustix::process::Signal::STOP)
    }

    /// Lets a paused node go on (SIGCONT).
    ///
    /// # Errors
    /// It ended by itself before.
    pub fn resume(&self) -> Result<(), Error> {
        self.process.signal(rustix::process::Signal::CONT)
    }
}

/// An account that every anvil funds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevAccount {
    /// With its EIP-55 checksum.
    pub address: &'static str,
    /// Known to everybody: worthless outside a test.
    pub private_key: &'static str,
}

impl DevAccount {
    const fn new(address: &'static str, private_key: &'static str) -> Self {
        Self {
            address,
            private_key,
        }
    }
}

/// The first ten accounts of anvil's mnemonic, `test test test ... junk`.
pub const DEV_ACCOUNTS: [DevAccount; 10] = [
    DevAccount::new(
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    ),
    DevAccount::new(
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    ),
    DevAccount::new(
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    ),
    DevAccount::new(
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    ),
    DevAccount::new(
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    ),
    DevAccount::new(
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    ),
    DevAccount::new(
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    ),
    DevAccount::new(
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    ),
    DevAccount::new(
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    ),
    DevAccount::new(
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
        "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn anvil_funds_the_accounts_that_are_listed_here() -> Result<(), Error> {
        let anvil = Anvil::start(AnvilOptions::default()).await?;
        let accounts = anvil.rpc("eth_accounts", json!([])).await?;
        let listed: Vec<_> = DEV_ACCOUNTS.iter().map(|account| account.address).collect();
        let lower = json!(listed).to_string().to_lowercase();
        assert_eq!(accounts.to_string().to_lowercase(), lower);
        let balance = anvil
            .rpc("eth_getBalance", json!([listed[0], "latest"]))
            .await?;
        assert_eq!(balance, json!("0x21e19e0c9bab2400000"));
        Ok(())
    }

    #[tokio::test]
    async fn anvil_is_started_as_asked() -> Result<(), Error> {
        let options = AnvilOptions {
            slots_in_an_epoch: Some(1),
            accounts: Some(2),
            balance_eth: Some(3),
            chain_id: Some(61),
            hardfork: Some("osaka".into()),
            extra_args: vec!["--no-mining".into()],
            ..AnvilOptions::default()
        };
        let anvil = Anvil::start(options).await?;
        assert_eq!(anvil.rpc("eth_chainId", json!([])).await?, json!("0x3d"));
        let account = DEV_ACCOUNTS[1].address;
        let balance = anvil
            .rpc("eth_getBalance", json!([account, "latest"]))
            .await?;
        assert_eq!(balance, json!("0x29a2241af62c0000"));
        anvil.rpc("anvil_mine", json!(["0x5"])).await?;
        let finalized = anvil
            .rpc("eth_getBlockByNumber", json!(["finalized", false]))
            .await?;
        assert_eq!(finalized["number"], json!("0x3"));
        Ok(())
    }

    #[tokio::test]
    async fn an_error_of_anvil_keeps_its_code_and_words() -> Result<(), Error> {
        let anvil = Anvil::start(AnvilOptions::default()).await?;
        let refused = anvil.rpc("eth_sendRawTransaction", json!(["0x00"])).await;
        assert!(
            matches!(
                refused,
                Err(Error::Rpc {
                    code: -32602..=-32000,
                    ..
                })
            ),
            "{refused:?}"
        );
        Ok(())
    }

    #[tokio::test]
    async fn two_anvils_are_two_chains_and_a_dropped_one_is_gone() -> Result<(), Error> {
        let first = Anvil::start(AnvilOptions::default()).await?;
        let second = Anvil::start(AnvilOptions::default()).await?;
        first.rpc("anvil_mine", json!(["0x2"])).await?;
        assert_eq!(
            second.rpc("eth_blockNumber", json!([])).await?,
            json!("0x0")
        );
        let address = first.address();
        drop(first);
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
        Ok(())
    }
}
