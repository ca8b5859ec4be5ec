//! A node's URL, which may hold a password, and the name under which it is shown.

use std::fmt;

use reqwest::Url;

use crate::EthereumError;

/// A node's URL. Neither `Debug` nor the name shows user, password, path or query: providers put
/// their keys into any of them.
#[derive(Clone)]
pub struct EndpointUrl {
    url: Url,
    name: String,
}

impl EndpointUrl {
    /// From text such as `http://user:password@host:8545/path`; `position` is its place in the
    /// configuration, from 1.
    ///
    /// # Errors
    /// [`EthereumError::BadUrl`].
    pub fn parse(text: &str, position: usize) -> Result<Self, EthereumError> {
        let bad = |reason: String| EthereumError::BadUrl { position, reason };
        let url: Url = text
            .trim()
            .parse()
            .map_err(|error| bad(format!("{error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad(format!(
                "its scheme is {}, not http or https",
                url.scheme()
            )));
        }
        let Some(host) = url.host_str() else {
            return Err(bad("it has no host".into()));
        };
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let hidden = if url.path().len() > 1 || url.query().is_some() {
            "/…"
        } else {
            ""
        };
        let name = format!("{}://{host}{port}{hidden}", url.scheme());
        Ok(Self { url, name })
    }

    /// Scheme, host and port.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_endpoint_has_no_secret() {
        for (text, name) in [
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("https://me:hunter2@node.example/", "https://node.example"),
            (
                "https://eth.example/v3/hunter2?key=hunter2",
                "https://eth.example/…",
            ),
        ] {
            let url = EndpointUrl::parse(text, 1).unwrap();
            assert_eq!(url.name(), name);
            assert_eq!(format!("{url:?}"), name);
        }
    }

    #[test]
    fn texts_that_are_no_http_urls_are_refused_without_being_repeated() {
        for text in [
            "",
            "node:8545",
            "ws://hunter2@host",
            "http://",
            "/hunter2.ipc",
        ] {
            let error = EndpointUrl::parse(text, 2).unwrap_err().to_string();
            assert!(error.starts_with("endpoint 2 is not usable"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
