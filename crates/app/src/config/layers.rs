//! The layers: where settings come from, and which one wins.

use std::path::{Path, PathBuf};

use config::{Config, Format, Map, Source, Value, ValueKind};

use super::environment::Environment;
use super::fault::Problem;
use super::{open_ethereum_pool, words};

/// Most bytes of a configuration file.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// Where to read settings from, besides the built-in defaults. Later fields win.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// open-ethereum-pool's own configuration file.
    pub open_ethereum_pool: Option<PathBuf>,
    /// Files in TOML; later ones win, key by key.
    pub files: Vec<PathBuf>,
    /// `PAYDIRT__SECTION__KEY`, and the variables with secrets.
    pub environment: Environment,
    /// `section.key=value`; later ones win. Without a value: as if no layer had set it.
    pub set: Vec<String>,
}

impl Sources {
    /// The folder of the first configuration file; without any, the working directory.
    pub(super) fn folder(&self) -> &Path {
        let first = self.open_ethereum_pool.iter().chain(&self.files).next();
        first
            .and_then(|file| file.parent())
            .unwrap_or(Path::new(""))
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    OpenEthereumPool(PathBuf),
    File(PathBuf),
    Environment,
    Set,
}

const ENVIRONMENT: &str = "the environment";
const SET: &str = "the command line";
const FILE: &str = "file:";
const OPEN_ETHEREUM_POOL: &str = "open-ethereum-pool:";

impl Origin {
    pub(super) fn of(value: &Value) -> Origin {
        let origin = value.origin().unwrap_or_default();
        let after = |prefix| origin.strip_prefix(prefix).map(PathBuf::from);
        match (after(FILE), after(OPEN_ETHEREUM_POOL)) {
            (Some(path), _) => Origin::File(path),
            (_, Some(path)) => Origin::OpenEthereumPool(path),
            _ if origin == ENVIRONMENT => Origin::Environment,
            _ if origin == SET => Origin::Set,
            _ => Origin::Default,
        }
    }

    /// The text that `config` keeps with each value.
    pub(super) fn uri(&self) -> Option<String> {
        match self {
            Origin::Default => None,
            Origin::OpenEthereumPool(path) => {
                Some(format!("{OPEN_ETHEREUM_POOL}{}", path.display()))
            }
            Origin::File(path) => Some(format!("{FILE}{}", path.display())),
            Origin::Environment => Some(ENVIRONMENT.into()),
            Origin::Set => Some(SET.into()),
        }
    }

    /// For people; `None` for a default.
    pub(super) fn shown(&self) -> Option<String> {
        match self {
            Origin::Default => None,
            Origin::OpenEthereumPool(path) | Origin::File(path) => Some(path.display().to_string()),
            Origin::Environment => Some(ENVIRONMENT.into()),
            Origin::Set => Some(SET.into()),
        }
    }

    /// `path` as it is meant where it was set.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        let folder = match self {
            Origin::File(file) | Origin::OpenEthereumPool(file) => file.parent(),
            _ => None,
        };
        folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
    }

    /// Whether values are given as text whatever their type.
    pub(super) fn only_has_text(&self) -> bool {
        matches!(self, Origin::Environment | Origin::Set)
    }
}

/// One layer, already read.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// All layers as one tree. A layer that can't be read is a problem, and left out.
pub(super) fn merged(sources: &Sources, problems: &mut Vec<Problem>) -> Value {
    let mut builder = Config::builder();
    if let Some(path) = &sources.open_ethereum_pool {
        match open_ethereum_pool::layer(path, &sources.environment) {
            Ok(layer) => builder = builder.add_source(Layer(layer)),
            Err(found) => problems.extend(found),
        }
    }
    for path in &sources.files {
        match toml(path) {
            Ok(layer) => builder = builder.add_source(Layer(layer)),
            Err(problem) => problems.push(problem),
        }
    }
    let environment = config::Environment::with_prefix("PAYDIRT")
        .prefix_separator("__")
        .separator("__")
        .source(Some(sources.environment.layer().collect()));
    builder = builder.add_source(environment);
    problems.extend(sources.environment.unreadable().iter().map(|name| Problem {
        key: name.clone(),
        origin: Some(ENVIRONMENT.into()),
        what: "its value is not UTF-8".into(),
        cure: "correct or unset it".into(),
    }));
    for assignment in &sources.set {
        match set(assignment) {
            Ok(layer) => builder = builder.add_source(Layer(layer)),
            Err(problem) => problems.push(problem),
        }
    }
    match builder.build() {
        Ok(config) => config.cache,
        Err(error) => {
            problems.push(Problem {
                key: "the configuration".into(),
                origin: None,
                what: error.to_string(),
                cure: "correct it".into(),
            });
            Map::<String, Value>::new().into()
        }
    }
}

/// A file's text, or why it is not read.
pub(super) fn read(path: &Path) -> Result<String, Problem> {
    let refused = |what: String, cure: &str| Problem {
        key: path.display().to_string(),
        origin: None,
        what,
        cure: cure.to_owned(),
    };
    let about = std::fs::metadata(path)
        .map_err(|error| refused(format!("cannot be read: {error}"), "check the path"))?;
    if about.len() > FILE_MAX_BYTES {
        let what = format!("has {} bytes, more than {FILE_MAX_BYTES}", about.len());
        return Err(refused(what, "give a configuration file"));
    }
    std::fs::read_to_string(path)
        .map_err(|error| refused(format!("cannot be read: {error}"), "check who may read it"))
}

fn toml(path: &Path) -> Result<Map<String, Value>, Problem> {
    let text = read(path)?;
    let uri = Origin::File(path.to_owned()).uri();
    config::FileFormat::Toml
        .parse(uri.as_ref(), &text)
        .map_err(|error| Problem {
            key: path.display().to_string(),
            origin: None,
            what: without_excerpt(&error.to_string()),
            cure: "correct that line".into(),
        })
}

/// A parser's message without the line that it quotes, which may hold a secret.
fn without_excerpt(message: &str) -> String {
    let kept = message.lines().filter(|line| !line.contains(" |"));
    kept.collect::<Vec<_>>().join(": ")
}

fn set(assignment: &str) -> Result<Map<String, Value>, Problem> {
    let (key, value) = assignment.split_once('=').ok_or_else(|| Problem {
        key: words::excerpt(assignment),
        origin: Some(SET.into()),
        what: "has no '='".into(),
        cure: "write --set section.key=value".into(),
    })?;
    if key.split('.').any(|part| !words::is_name(part)) {
        return Err(Problem {
            key: words::excerpt(key),
            origin: Some(SET.into()),
            what: "is no key: its parts are of a-z, 0-9 and _".into(),
            cure: "write --set section.key=value, as chain.eth.timeout_ms=5000".into(),
        });
    }
    let uri = Origin::Set.uri();
    // Nothing after the '=' takes back what an earlier layer set.
    let kind = match value {
        "" => ValueKind::Nil,
        value => ValueKind::from(value),
    };
    let leaf = Value::new(uri.as_ref(), kind);
    Ok(nested(key.split('.'), leaf, uri.as_ref()))
}

/// The table in which `leaf` has this path.
fn nested<'p>(
    path: impl DoubleEndedIterator<Item = &'p str>,
    leaf: Value,
    uri: Option<&String>,
) -> Map<String, Value> {
    let whole = path.rev().fold(leaf, |inner, part| {
        let table = Map::from([(part.to_owned(), inner)]);
        Value::new(uri, ValueKind::Table(table))
    });
    whole.into_table().unwrap_or_default()
}
