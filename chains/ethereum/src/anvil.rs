//! Tests against a real node: anvil, behind proxies that can fail.

mod bench;
mod endpoints;
mod followed;
mod income;
mod node_held_keys;
mod payees;
mod sending;

use paydirt_chain::{
    Address, Call, Chain as _, Fee, FeeKind, Saved, Transfer, TxId, Unsigned, Verdict,
};
use paydirt_keys::{PrivateKey, SecretString};
use paydirt_money::Coin;
use paydirt_testkit::{Anvil, AnvilOptions, DEV_ACCOUNTS};
use serde_json::{Value, json};

use crate::{Config, EndpointUrl, Ethereum, Signer};

const GWEI: u128 = 1_000_000_000;

/// A node that mines only when told, and whose `finalized` is two blocks below the head.
async fn node() -> Anvil {
    node_with(&["--no-mining"]).await
}

async fn node_with(extra: &[&str]) -> Anvil {
    let options = AnvilOptions {
        slots_in_an_epoch: Some(1),
        extra_args: extra.iter().map(|arg| (*arg).to_owned()).collect(),
        ..AnvilOptions::default()
    };
    Anvil::start(options).await.unwrap()
}

async fn mine(anvil: &Anvil, blocks: u64) {
    anvil
        .rpc("anvil_mine", json!([format!("{blocks:#x}")]))
        .await
        .unwrap();
}

fn dev_key(place: usize) -> PrivateKey {
    PrivateKey::from_hex(&SecretString::from(DEV_ACCOUNTS[place].private_key)).unwrap()
}

fn dev_address(place: usize) -> Address {
    Address::canonical(DEV_ACCOUNTS[place].address.to_lowercase())
}

fn payee(number: u64) -> Address {
    Address::canonical(format!("0x{:040x}", 0xdead_0000_0000_u64 + number))
}

/// Signs with the first of anvil's accounts.
fn config(urls: &[String]) -> Config {
    let endpoints = urls
        .iter()
        .map(|url| EndpointUrl::parse(url, 1).unwrap())
        .collect();
    Config::new(Coin::ETH, endpoints, Signer::Local(vec![dev_key(0)]))
}

async fn identified(config: Config) -> Ethereum {
    let chain = Ethereum::new(config).unwrap();
    chain.identify(None).await.unwrap();
    chain
}

fn fee(cap: u128, tip: u128) -> Fee {
    Fee {
        kind: FeeKind::Dynamic,
        cap,
        tip,
    }
}

fn transfer(nonce: u64, to: &Address, value: u128) -> Unsigned {
    Unsigned {
        from: dev_address(0),
        nonce,
        call: Call {
            to: to.clone(),
            value,
            data: Vec::new(),
        },
        gas_limit: 21_000,
        fee: fee(10 * GWEI, GWEI),
    }
}

async fn saved(chain: &Ethereum, unsigned: &Unsigned) -> Saved {
    Saved::by_journal(chain.sign(unsigned).await.unwrap())
}

fn id(saved: &Saved) -> TxId {
    saved.id().unwrap().clone()
}

async fn submit_one(chain: &Ethereum, saved: &Saved) -> Verdict {
    chain.submit(std::slice::from_ref(saved)).await.remove(0)
}

async fn balance(anvil: &Anvil, address: &Address) -> u128 {
    let text = anvil
        .rpc("eth_getBalance", json!([address, "latest"]))
        .await
        .unwrap();
    let digits = text
        .as_str()
        .unwrap()
        .strip_prefix("0x")
        .unwrap()
        .to_owned();
    u128::from_str_radix(&digits, 16).unwrap()
}

async fn set_code(anvil: &Anvil, address: &Address, code: &str) {
    anvil
        .rpc("anvil_setCode", json!([address, code]))
        .await
        .unwrap();
}

fn leg(to: &Address, value: u128) -> Transfer {
    Transfer {
        to: to.clone(),
        value,
    }
}

/// Changes one field of a block.
fn with_field(mut block: Value, field: &str, value: &str) -> Value {
    block[field] = json!(value);
    block
}
