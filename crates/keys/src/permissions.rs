//! Who else can read a file that holds a secret?

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::KeyError;

/// No key or password file is larger; what is larger is some other file.
const MAX_BYTES: u64 = 64 * 1024;

/// The whole text of a small file, and its permission bits (`None` where the system has none).
pub(crate) fn read(path: &Path) -> Result<(Zeroizing<String>, Option<u32>), KeyError> {
    let failed = |source| KeyError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mode = mode_of(&file).map_err(failed)?;
    let mut text = Zeroizing::new(String::new());
    let limit = MAX_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_BYTES {
        let large = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "more than 64 KiB");
        return Err(failed(large));
    }
    Ok((text, mode))
}

/// The whole text of a small file that only its owner can read.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    match read(path)? {
        (_, Some(mode)) if is_exposed(mode) => Err(KeyError::Exposed {
            path: path.to_owned(),
            mode,
        }),
        (text, _) => Ok(text),
    }
}

/// Whether others than the owner may read it.
pub(crate) fn is_exposed(mode: u32) -> bool {
    mode & 0o044 != 0
}

/// A new file that only its owner can read; never an existing one.
pub(crate) fn create_new(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn mode_of(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(Some(file.metadata()?.mode() & 0o7777))
}

#[cfg(not(unix))]
fn mode_of(_file: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
