//! A URL that may carry credentials.

use std::fmt;

use url::Url;

use super::fault::Fault;

/// A part of a path of at least this length may be a key to a hosted node.
const KEY_MIN_CHARS: usize = 16;

/// A URL whose credentials are shown nowhere: printed, it has no user, password or query, and no
/// part of the path that is long enough to be a key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(Url);

impl SecretUrl {
    /// The whole URL, with its credentials: for connecting only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// The same with this password in place of its own.
    pub(super) fn with_password(&self, password: &str) -> Option<SecretUrl> {
        let mut url = self.0.clone();
        url.set_password(Some(password)).ok()?;
        Some(SecretUrl(url))
    }

    /// Reads a URL of one of these schemes. The text is not repeated in the message: it may hold a
    /// password.
    pub(super) fn parse(text: &str, schemes: &[&str], example: &str) -> Result<Self, Fault> {
        let cure = || format!("write it as {example}");
        let url = Url::parse(text)
            .map_err(|error| Fault::new(format!("it is no URL ({error})"), cure()))?;
        if !schemes.contains(&url.scheme()) {
            let what = format!(
                "its scheme is {:?}, not {}",
                url.scheme(),
                schemes.join(" or ")
            );
            return Err(Fault::new(what, cure()));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(Fault::new("it names no host", cure()));
        }
        if url.fragment().is_some() {
            return Err(Fault::new("it has a fragment (#)", cure()));
        }
        Ok(SecretUrl(url))
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.0;
        write!(f, "{}://", url.scheme())?;
        if !url.username().is_empty() || url.password().is_some() {
            f.write_str("***@")?;
        }
        f.write_str(url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        for part in url.path().split('/').skip(1) {
            let long = part.chars().count() >= KEY_MIN_CHARS;
            write!(f, "/{}", if long { "***" } else { part })?;
        }
        if url.query().is_some() {
            f.write_str("?***")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_keys_of_a_url_are_not_printed() {
        for (url, shown) in [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545/"),
            (
                "https://user:canary@node.example/rpc/v1",
                "https://***@node.example/rpc/v1",
            ),
            ("https://canary@node.example", "https://***@node.example/"),
            (
                "https://node.example/v3/canary0123456789abcdef",
                "https://node.example/v3/***",
            ),
            (
                "https://node.example/?key=canary",
                "https://node.example/?***",
            ),
        ] {
            let read = SecretUrl::parse(url, &["http", "https"], "").unwrap();
            assert_eq!(read.to_string(), shown);
            assert!(!format!("{read:?}").contains("canary"));
            assert!(read.expose().starts_with(url));
        }
    }

    #[test]
    fn a_bad_url_is_refused_without_repeating_it() {
        for bad in [
            "canary",
            "ftp://canary",
            "http://",
            "http://u:canary@h/#x",
            "http://u:canary@",
        ] {
            let fault = SecretUrl::parse(bad, &["http"], "http://127.0.0.1:8545").unwrap_err();
            assert!(
                !fault.what.contains("canary") && !fault.cure.contains("canary"),
                "{fault:?}"
            );
            assert!(fault.cure.contains("http://127.0.0.1:8545"));
        }
    }
}
