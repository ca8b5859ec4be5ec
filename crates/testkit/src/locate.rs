//! Where the server programs are.

use std::env;
use std::path::{Path, PathBuf};

/// The version of anvil that `tests/run` installs; it names the cache directory.
const ANVIL_DIR: &str = "anvil-1.7.1";

/// anvil: `PAYDIRT_ANVIL`, else what `tests/run` cached, else the search path.
pub fn anvil() -> Option<PathBuf> {
    if let Some(named) = env::var_os("PAYDIRT_ANVIL").filter(|value| !value.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let cached = tools_dir().map(|dir| dir.join(ANVIL_DIR).join("anvil"));
    cached
        .filter(|path| path.is_file())
        .or_else(|| on_path("anvil"))
}

/// A program on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// The same rule as in `tests/run`.
pub(crate) fn tools_dir() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(tools) = set("PAYDIRT_TOOLS") {
        return Some(PathBuf::from(tools));
    }
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".cache")));
    cache.map(|dir| dir.join("paydirt"))
}
