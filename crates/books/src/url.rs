//! Addresses of databases, as they may be shown.

/// What may be shown of a URL: all of it, or only its scheme where it might hold a password.
pub(crate) fn shown(url: &str) -> String {
    if !url.contains(['@', '?', '#']) {
        return url.to_owned();
    }
    let scheme = url.split(':').next().unwrap_or_default();
    match scheme.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => format!("{scheme}:…"),
        false => "…".to_owned(),
    }
}

/// Whether the user and password end where a reader of URLs thinks that they do. With a `/`, `?`,
/// `#` or `@` of its own that is not escaped, a part of the password would be taken for the host.
pub(crate) fn is_escaped(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let after = rest.get(authority.len()..).unwrap_or_default();
    authority.matches('@').count() <= 1 && !after.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_may_hold_a_password_is_not_shown() {
        for url in [
            "postgres://user:secret@db:5432/b",
            "postgres:secret@db",
            "postgres://db/b?password=secret",
            "postgres://db/b#secret",
        ] {
            assert_eq!(shown(url), "postgres:…");
        }
        assert_eq!(shown("my secret@db"), "…");
        for url in ["sqlite://paydirt.db", "postgres://db/b", "nonsense"] {
            assert_eq!(shown(url), url);
        }
    }

    #[test]
    fn a_password_that_is_not_escaped_is_noticed() {
        for url in [
            "postgres://u:se%40cr%2Fet@db:5432/b",
            "postgres://db/b",
            "postgres://u@%2Frun%2Fpostgresql/b?user=a",
        ] {
            assert!(is_escaped(url), "{url}");
        }
        for url in [
            "postgres://u:se@cret@db/b",
            "postgres://u:se/cret@db/b",
            "postgres://u:se?cret@db/b",
            "postgres://u:se#cret@db/b",
            "postgres://db/b?password=se@cret",
        ] {
            assert!(!is_escaped(url), "{url}");
        }
    }
}
