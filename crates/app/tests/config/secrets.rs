//! Secrets are nowhere but where they are needed.

use std::process::Command;

use paydirt_app::config::{Environment, SecretSource, Signer, Sources, load};
use secrecy::ExposeSecret;

use crate::{Files, GOOD, ethereum, loaded, redis, refused};

const CANARY: &str = "canary0123456789";

#[test]
fn no_secret_is_shown_or_debugged() {
    let url = "redis://user:canary0123456789@127.0.0.1:6379/0";
    let toml = GOOD.replace("redis://127.0.0.1:6379/0", url);
    let environment = [
        ("PAYDIRT_PRIVATE_KEY", CANARY),
        ("PAYDIRT_PASSWORD", CANARY),
        ("PAYDIRT_REDIS_PASSWORD", CANARY),
        ("PAYDIRT__POOL__ETH__REDIS_PASSWORD", CANARY),
        (
            "PAYDIRT__CHAIN__ETH__ENDPOINTS",
            "https://u:canary0123456789@h/canary0123456789?canary0123456789",
        ),
    ];
    let settings = loaded(&toml, &environment, &[]).unwrap();
    let shown = format!("{:?}", settings.shown());
    assert!(shown.contains("***"), "{shown}");
    for text in [shown, format!("{settings:?}"), format!("{settings:#?}")] {
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(
        ethereum(&settings, "eth").endpoints[0]
            .expose()
            .contains(CANARY)
    );
}

#[test]
fn no_secret_is_in_a_message() {
    for (set, environment) in [
        ("pool.eth.redis_password=canary0123456789", None),
        ("pool.eth.redis_url=redis://:canary0123456789@:1", None),
        ("pool.eth.redis_url=redis://:canary0123456789@h/x", None),
        ("chain.eth.endpoints=http://u:canary0123456789@", None),
        ("pool.eth.redis_pasword=canary0123456789", None),
        (
            "log.level=x",
            Some(("PAYDIRT__WALLET__HOT__PASSWORD", CANARY)),
        ),
        (
            "log.level=x",
            Some(("PAYDIRT__WALLET__HOT__KEYSTORE__X", CANARY)),
        ),
    ] {
        let environment: Vec<_> = environment.into_iter().collect();
        let message = loaded(GOOD, &environment, &[set]).unwrap_err().to_string();
        assert!(!message.contains("canary"), "{message}");
    }
    let broken = format!("{GOOD}\nredis_password = canary0123456789\n");
    let message = refused(&broken, &[]);
    assert!(
        message.contains("TOML parse error at line") && !message.contains("canary"),
        "{message}"
    );
}

#[test]
fn a_secret_in_a_file_or_on_the_command_line_is_refused_with_the_cure() {
    let toml = GOOD.replace("redis_prefix", "redis_password = \"canary\"\nredis_prefix");
    for message in [
        refused(&toml, &[]),
        refused(GOOD, &["pool.eth.redis_password=canary"]),
    ] {
        let cure = "a secret does not belong here; write it into a file, and name that by \
                    redis_password_file";
        assert!(message.contains(cure), "{message}");
    }
}

#[test]
fn the_redis_password_comes_from_its_file_or_the_environment() {
    let files = Files::new();
    files.write("redis.pass", "p@ss/word\n");
    let with_file = GOOD.replace(
        "redis_prefix",
        "redis_password_file = \"redis.pass\"\nredis_prefix",
    );
    let mut sources = Sources {
        files: vec![files.write("paydirt.toml", &with_file)],
        ..Sources::default()
    };
    let connect = |sources: &Sources| {
        let settings = load(sources).unwrap();
        let url = redis(&settings, "eth")
            .connection_url(&settings.environment)
            .unwrap();
        assert!(!format!("{url} {url:?}").contains("ss"), "{url:?}");
        url.expose().to_owned()
    };
    assert_eq!(connect(&sources), "redis://:p%40ss%2Fword@127.0.0.1:6379/0");
    sources.files = vec![files.write("plain.toml", GOOD)];
    assert_eq!(connect(&sources), "redis://127.0.0.1:6379/0");
    sources.environment = [("PAYDIRT_REDIS_PASSWORD", "ss1")].into_iter().collect();
    assert_eq!(connect(&sources), "redis://:ss1@127.0.0.1:6379/0");
    let of_pool = ("PAYDIRT__POOL__ETH__REDIS_PASSWORD", "ss2");
    sources.environment = [("PAYDIRT_REDIS_PASSWORD", "ss1"), of_pool]
        .into_iter()
        .collect();
    assert_eq!(connect(&sources), "redis://:ss2@127.0.0.1:6379/0");
}

#[test]
fn a_wallets_password_comes_from_its_file_else_from_the_environment() {
    let toml = GOOD.replace("password_file = \"hot.pass\"", "");
    let source = |environment: &[(&'static str, &'static str)]| {
        let settings = loaded(&toml, environment, &[]).unwrap();
        let Signer::Keystore { password, .. } = settings.wallets["hot"].signer.clone() else {
            panic!()
        };
        password
    };
    let file = ("PAYDIRT_PASSWORD_FILE", "/run/pass");
    assert!(matches!(source(&[file]), SecretSource::File(path) if path.ends_with("pass")));
    let variable = source(&[("PAYDIRT_PASSWORD", "x")]);
    let none = variable
        .read(&Environment::default())
        .unwrap_err()
        .to_string();
    assert!(
        none.contains("PAYDIRT_PASSWORD is not set; nothing was signed"),
        "{none}"
    );
    let some: Environment = [("PAYDIRT_PASSWORD", "x")].into_iter().collect();
    assert_eq!(variable.read(&some).unwrap().expose_secret(), "x");
}

#[test]
fn a_file_with_a_secret_has_it_in_its_first_line() {
    let files = Files::new();
    let read = |name: &str, text: &str| {
        SecretSource::File(files.write(name, text)).read(&Environment::default())
    };
    for text in ["s e", "s e\n", "s e\r\n", "s e\nignored\n"] {
        assert_eq!(read("good", text).unwrap().expose_secret(), "s e");
    }
    let large = "canary".repeat(20_000);
    for text in ["", "\n", "\ncanary\n", "\u{feff}canary\n", large.as_str()] {
        let error = read("bad", text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    let missing = SecretSource::File(files.path("none")).read(&Environment::default());
    let message = missing.unwrap_err().to_string();
    assert!(
        message.contains("check the path and who may read it"),
        "{message}"
    );
}

#[test]
fn only_variables_of_ours_are_taken_and_empty_ones_are_unset() {
    let given: Environment = [
        ("HOME", "x"),
        ("PAYDIRT_PASSWORD", ""),
        ("RESOLVE_PAYOUT", "1"),
    ]
    .into_iter()
    .collect();
    assert!(given.get("HOME").is_none() && given.get("PAYDIRT_PASSWORD").is_none());
    assert!(given.get("RESOLVE_PAYOUT").is_some());
}

/// Runs itself in a process of its own, whose environment can be set.
#[test]
fn variables_of_a_process_are_read() {
    if std::env::var_os("PAYDIRT_TEST_INNER").is_none() {
        let inner = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "secrets::variables_of_a_process_are_read"])
            .env("PAYDIRT_TEST_INNER", "1")
            .env("PAYDIRT__LOG__LEVEL", "trace")
            .output()
            .unwrap();
        assert!(
            inner.status.success(),
            "{}",
            String::from_utf8_lossy(&inner.stdout)
        );
        return;
    }
    let sources = Sources {
        environment: Environment::of_process(),
        ..Sources::default()
    };
    let settings = load(&sources).unwrap();
    assert_eq!(settings.log.level, paydirt_app::config::LogLevel::Trace);
}
