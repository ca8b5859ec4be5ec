use std::path::Path;

use secrecy::SecretString;

use crate::{KeyError, permissions};

/// The first line of a file that only its owner can read, without the line's end.
///
/// Spaces are part of a password; what follows the first line is ignored (as geth's
/// `--password` file has one line an account).
///
/// # Errors
/// [`KeyError::Read`], [`KeyError::Exposed`], or [`KeyError::BadPasswordFile`] when it begins with
/// a byte order mark. An empty first line is the empty password: it fails when it does not fit.
pub fn password_from_file(path: &Path) -> Result<SecretString, KeyError> {
    let text = permissions::read_private(path)?;
    if text.starts_with('\u{feff}') {
        return Err(bad(
            path,
            "it begins with a byte order mark; save it as plain UTF-8",
        ));
    }
    let line = text.split('\n').next().unwrap_or_default();
    Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
}

/// As [`password_from_file`], for encrypting a new key: an empty password is refused.
///
/// # Errors
/// As there; [`KeyError::BadPasswordFile`] also for an empty first line.
pub fn new_password_from_file(path: &Path) -> Result<SecretString, KeyError> {
    let password = password_from_file(path)?;
    if secrecy::ExposeSecret::expose_secret(&password).is_empty() {
        return Err(bad(path, "its first line is empty"));
    }
    Ok(password)
}

fn bad(path: &Path, reason: &'static str) -> KeyError {
    KeyError::BadPasswordFile {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn file(content: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn the_first_line_without_its_end_is_the_password() {
        for (content, password) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            (" two words \nsecond\n", " two words "),
            ("", ""),
            ("\nsecond", ""),
        ] {
            let file = file(content, 0o600);
            let read = password_from_file(file.path()).unwrap();
            assert_eq!(read.expose_secret(), password, "{content:?}");
            assert!(!format!("{read:?}").contains("secret"));
        }
    }

    #[test]
    fn a_password_file_that_others_can_read_is_refused_with_the_cure() {
        for mode in [0o644, 0o640, 0o604] {
            let file = file("secret", mode);
            let error = password_from_file(file.path()).unwrap_err();
            assert!(error.to_string().contains("run: chmod 600 "), "{error}");
            assert!(!error.to_string().contains("secret\""));
        }
    }

    #[test]
    fn a_new_key_is_not_encrypted_with_nothing() {
        let file = file("\n", 0o600);
        let error = new_password_from_file(file.path()).unwrap_err();
        assert!(matches!(error, KeyError::BadPasswordFile { .. }), "{error}");
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_password() {
        let file = file("\u{feff}secret", 0o400);
        assert!(password_from_file(file.path()).is_err());
    }
}
