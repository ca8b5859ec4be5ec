//! Who else can read a file that holds a secret?

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::KeyError;

/// No key file is larger; what is larger is some other file.
const MAX_BYTES: u64 = 64 * 1024;

/// The whole text of a small file, and its permission bits (`None` where the system has none).
pub(crate) fn read(path: &Path) -> Result<(Zeroizing<String>, Option<u32>), KeyError> {
    let failed = |source| KeyError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mode = mode_of(&file.metadata().map_err(failed)?);
    let mut text = Zeroizing::new(String::new());
    let limit = MAX_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_BYTES {
        let large = std::io::Error::new(std::io::ErrorKind::FileTooLarge, "more than 64 KiB");
        return Err(failed(large));
    }
    Ok((text, mode))
}

/// What someone should know about a file with a secret that other users can read, with the cure;
/// nothing about one that they can't, or that isn't there.
///
/// A warning and no refusal: a file that systemd or a container hands over has the rights that it
/// was given.
#[must_use]
pub fn exposure(path: &Path) -> Option<String> {
    let mode = mode_of(&std::fs::metadata(path).ok()?)?;
    warning(path, mode)
}

/// The warning about a file with these permission bits.
pub(crate) fn warning(path: &Path, mode: u32) -> Option<String> {
    let path = path.display();
    (mode & 0o044 != 0).then(|| {
        format!("{path} can be read by other users (mode {mode:04o}); run: chmod 600 {path}")
    })
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
fn mode_of(file: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    Some(file.mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode_of(_file: &Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_others_can_read_is_told_of_with_the_cure() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, told) in [(0o644, true), (0o640, true), (0o604, true), (0o600, false)] {
            std::fs::set_permissions(file.path(), PermissionsExt::from_mode(mode)).unwrap();
            let warning = exposure(file.path());
            assert_eq!(warning.is_some(), told, "{mode:o} {warning:?}");
            let cure = format!("run: chmod 600 {}", file.path().display());
            assert!(warning.is_none_or(|text| text.contains(&cure)));
        }
        assert_eq!(exposure(Path::new("/nowhere")), None);
    }
}
