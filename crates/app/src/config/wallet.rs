//! `[wallet.NAME]`: an address that pays, and who signs for it.

use std::path::PathBuf;

use super::chain::Chains;
use super::environment::{Environment, SecretSource};
use super::fault::Fault;
use super::section::Section;

/// Who signs.
#[derive(Clone, Debug)]
pub enum Signer {
    /// An encrypted key file.
    Keystore {
        /// The file.
        file: PathBuf,
        /// Its password.
        password: SecretSource,
    },
    /// The private key in `PAYDIRT_PRIVATE_KEY`.
    Environment {
        /// Where it is.
        private_key: SecretSource,
    },
    /// The node, which holds the key.
    Node {
        /// The key's address, as it was written.
        address: String,
        /// What the node can do with it.
        signing: NodeSigning,
    },
}

/// What a node that holds a key can do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeSigning {
    /// It signs without sending (`eth_signTransaction`).
    Sign,
    /// It signs and sends in one call (`eth_sendTransaction`): one payment in flight at a time.
    Send,
}

/// An address that pays, and who signs for it.
#[derive(Clone, Debug)]
pub struct WalletConfig {
    /// Its chain, by name; the chain exists.
    pub chain: String,
    /// Who signs.
    pub signer: Signer,
    /// The address that the key must have, as it was written; set where a node signs.
    pub address: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Keystore,
    Environment,
    Node,
}

impl WalletConfig {
    pub(super) fn read(
        section: Section<'_>,
        environment: &Environment,
        chains: &Chains<'_>,
    ) -> Option<WalletConfig> {
        let cure = "name the wallet's chain, as chain = \"eth\"";
        let chain = section.required("chain", cure, |text| chains.named(text));
        let form = chain.as_deref().and_then(|name| chains.form(name));
        let words = [
            ("keystore", Word::Keystore),
            ("env", Word::Environment),
            ("node", Word::Node),
        ];
        let word = section.choice("signer", "keystore", &words);
        let keystore = section.path_of("keystore");
        let password_file = section.path_of("password_file");
        // Without a chain that could be read, there is a problem already.
        let address = section.optional("address", |text| match form {
            Some(form) => form.address(text),
            None => Ok(text.to_owned()),
        });
        let modes = [("sign", NodeSigning::Sign), ("send", NodeSigning::Send)];
        let node_signing = section.choice("node_signing", "sign", &modes);
        let signer = word.and_then(|word| {
            refuse_what_is_not_for(&section, word, node_signing);
            match word {
                Word::Keystore => {
                    let file = keystore.or_else(|| missing(&section, "keystore"))?;
                    let password = password_source(password_file, environment);
                    Some(Signer::Keystore { file, password })
                }
                Word::Environment => Some(Signer::Environment {
                    private_key: SecretSource::Variable("PAYDIRT_PRIVATE_KEY"),
                }),
                Word::Node => {
                    let address = address.clone().or_else(|| missing(&section, "address"))?;
                    Some(Signer::Node {
                        address,
                        signing: node_signing?,
                    })
                }
            }
        });
        section.finish();
        Some(WalletConfig {
            chain: chain?,
            signer: signer?,
            address,
        })
    }
}

/// The wallet's own file, else `PAYDIRT_PASSWORD_FILE`, else `PAYDIRT_PASSWORD`.
fn password_source(file: Option<PathBuf>, environment: &Environment) -> SecretSource {
    use secrecy::ExposeSecret as _;
    let named = environment.get("PAYDIRT_PASSWORD_FILE");
    let named = named.map(|path| PathBuf::from(path.expose_secret()));
    match file.or(named) {
        Some(file) => SecretSource::File(file),
        None => SecretSource::Variable("PAYDIRT_PASSWORD"),
    }
}

fn missing<T>(section: &Section<'_>, key: &'static str) -> Option<T> {
    if !section.is_set(key) {
        let (what, cure) = match key {
            "keystore" => (
                "is missing",
                "name the key file, as keystore = \"hot.json\" (`paydirt keys new` makes one)",
            ),
            _ => ("is missing", "write the address whose key the node holds"),
        };
        section.fault(key, Fault::new(what, cure));
    }
    None
}

fn refuse_what_is_not_for(section: &Section<'_>, word: Word, node_signing: Option<NodeSigning>) {
    let refuse = |key: &str, signer: &str| {
        let cure = format!("remove it, or write signer = {signer:?}");
        section.fault(
            key,
            Fault::new(format!("is only for signer = {signer:?}"), cure),
        );
    };
    if word != Word::Keystore {
        for key in ["keystore", "password_file"]
            .into_iter()
            .filter(|key| section.is_set(key))
        {
            refuse(key, "keystore");
        }
    }
    if word != Word::Node && node_signing == Some(NodeSigning::Send) {
        refuse("node_signing", "node");
    }
}
