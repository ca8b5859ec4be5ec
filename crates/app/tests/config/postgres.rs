//! PostgreSQL as the database.

use paydirt_app::config::{Database, PostgresConfig, Settings, Sources, load};

use crate::{Files, loaded, refused, shown};

const URL: &str = "[database]\nurl = \"postgres://paydirt@db.example:5433/books\"\n";

fn postgres(settings: &Settings) -> &PostgresConfig {
    match &settings.database {
        Database::Postgres(postgres) => postgres,
        Database::Sqlite { path } => panic!("{path:?}"),
    }
}

#[test]
fn a_server_is_named_by_its_url() {
    let settings = loaded(URL, &[], &["database.max_connections=20"]).unwrap();
    let found = postgres(&settings);
    assert_eq!((found.max_connections, found.timeout_ms), (20, 10_000));
    let url = found.connection_url(&settings.environment).unwrap();
    assert_eq!(url.expose(), "postgres://paydirt@db.example:5433/books");
    assert!(settings.database.path().is_none());
    assert_eq!(
        settings.database.to_string(),
        "postgres://***@db.example:5433/books"
    );
}

#[test]
fn its_password_comes_from_the_url_a_file_or_the_environment_and_is_not_shown() {
    let files = Files::new();
    files.write("db.pass", "canary/1\n");
    let with_file = format!("{URL}password_file = \"db.pass\"\n");
    let in_url = URL.replace("paydirt@", "paydirt:canary%2F1@");
    for (text, variable) in [
        (with_file.as_str(), None),
        (URL, Some(("PAYDIRT__DATABASE__PASSWORD", "canary/1"))),
        (&in_url, None),
    ] {
        let settings = load(&Sources {
            files: vec![files.write("paydirt.toml", text)],
            environment: variable.into_iter().collect(),
            ..Sources::default()
        })
        .unwrap();
        let url = postgres(&settings)
            .connection_url(&settings.environment)
            .unwrap();
        assert_eq!(
            url.expose(),
            "postgres://paydirt:canary%2F1@db.example:5433/books"
        );
        let text = format!(
            "{settings:?} {:?} {url} {}",
            settings.shown(),
            settings.database
        );
        assert!(!text.contains("canary"), "{text}");
        let from = shown(&settings, "database.password").1;
        assert_eq!(from == "the environment", variable.is_some());
    }
}

#[test]
fn what_is_wrong_with_a_server_is_named_and_no_secret_told() {
    for (set, expected) in [
        ("database.url=postgres:///books", "names no host"),
        (
            "database.url=postgresql://u:canary@h",
            "does not end with the name of a database",
        ),
        (
            "database.url=postgres://u:canary@h/a/b",
            "does not end with the name of a database",
        ),
        (
            "database.url=postgres:canary",
            "write it as postgres://paydirt@127.0.0.1:5432/paydirt",
        ),
        ("database.password=canary", "a secret does not belong here"),
        (
            "database.max_connections=1",
            "write a whole number from 2 to 1000",
        ),
        (
            "database.timeout_ms=1",
            "write a whole number from 100 to 600000",
        ),
        ("database.pasword=canary", "did you mean password?"),
    ] {
        let message = refused(URL, &[set]);
        assert!(
            message.contains(expected),
            "{set}: no {expected:?} in {message}"
        );
        assert!(!message.contains("canary"), "{message}");
    }
    let environment = [("PAYDIRT__DATABASE__PASSWORD", "canary")];
    let twice = format!("{URL}password_file = \"db.pass\"\n");
    let message = loaded(&twice, &environment, &[]).unwrap_err().to_string();
    assert!(
        message.contains("password is set too; remove one of them"),
        "{message}"
    );
    let in_url = URL.replace("paydirt@", "paydirt:canary@");
    let message = loaded(&in_url, &environment, &[]).unwrap_err().to_string();
    assert!(
        message.contains("has a password, and there is another"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    let message = loaded("", &environment, &[]).unwrap_err().to_string();
    assert!(message.contains("database.password (in the environment): is only for PostgreSQL"));
}
