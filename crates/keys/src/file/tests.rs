use super::*;

/// A test vector of the definition, password `testpassword`. (Its vector for scrypt has r = 1 with
/// n = 2^18, which RFC 7914 forbids and the `scrypt` crate refuses.)
const PBKDF2: &str = r#"{"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":
"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":
"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":
{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":
"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":
"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},
"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}"#;
/// geth's `accounts/keystore/testdata/very-light-scrypt.json`, with the empty password.
const SCRYPT: &str = r#"{"address":"45dea0fb0bba44f4fcf290bba71fd57d7117cbb8","crypto":{"cipher":
"aes-128-ctr","ciphertext":"b87781948a1befd247bff51ef4063f716cf6c2d3481163e9a8f42e1f9bb74145",
"cipherparams":{"iv":"dc4926b48a105133d2f16b96833abf1e"},"kdf":"scrypt","kdfparams":{"dklen":32,
"n":2,"p":1,"r":8,"salt":"004244bbdc51cadda545b1cfa43cff9ed2ae88e08c61f1479dbb45410722f8f0"},
"mac":"39990c1684557447940d4c69e06b1b82b2aceacb43f284df65c956daf3046b85"},
"id":"ce541d8d-c79b-40f8-9f8c-20f59616faba","version":3}"#;
const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
const ADDRESS: &str = "008aeeda4d805471df9b2a5b0f38a0c3bcba786b";

fn dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn written(dir: &tempfile::TempDir, text: &str) -> KeyFile {
    let path = dir.path().join("key.json");
    fs::write(&path, text).unwrap();
    KeyFile::open(&path).unwrap()
}

fn password(text: &str) -> SecretString {
    SecretString::from(text)
}

#[test]
fn files_of_the_definition_and_of_geth_open() {
    let dir = dir();
    let key = written(&dir, PBKDF2)
        .unlock(&password("testpassword"))
        .unwrap();
    assert_eq!(const_hex::encode(key.expose_bytes().as_ref()), SECRET);
    let geth = written(&dir, SCRYPT);
    let key = geth.unlock(&password("")).unwrap();
    assert_eq!(geth.address().unwrap(), Some(key.ethereum_address()));
}

#[test]
fn a_new_file_opens_again_and_states_its_address() {
    let dir = dir();
    let path = dir.path().join("new.json");
    let key = PrivateKey::random().unwrap();
    let made = KeyFile::create(&path, &key, &password("p w"), KdfCost::Light).unwrap();
    assert_eq!(made.address().unwrap(), Some(key.ethereum_address()));
    assert_eq!(made.warning(), None);
    let again = KeyFile::open(&path)
        .unwrap()
        .unlock(&password("p w"))
        .unwrap();
    assert_eq!(again.expose_bytes(), key.expose_bytes());
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&const_hex::encode(key.expose_bytes().as_ref())));
}

#[cfg(unix)]
#[test]
fn a_new_file_is_for_its_owner_only_and_an_exposed_one_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = dir();
    let path = dir.path().join("new.json");
    let key = PrivateKey::random().unwrap();
    KeyFile::create(&path, &key, &password("x"), KdfCost::Light).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let warning = KeyFile::open(&path).unwrap().warning().unwrap();
    assert!(warning.contains("run: chmod 600 "), "{warning}");
}

#[test]
fn an_existing_file_is_never_replaced() {
    let dir = dir();
    let path = dir.path().join("taken.json");
    fs::write(&path, "precious").unwrap();
    let key = PrivateKey::random().unwrap();
    let error = KeyFile::create(&path, &key, &password("x"), KdfCost::Light).unwrap_err();
    assert!(matches!(error, KeyError::Exists { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_wrong_password_unlocks_nothing_and_says_what_to_check() {
    let dir = dir();
    let error = written(&dir, PBKDF2)
        .unlock(&password("hunter22"))
        .unwrap_err();
    assert!(matches!(error, KeyError::WrongPassword { .. }));
    let text = error.to_string();
    assert!(
        text.contains("nothing was unlocked") && text.contains("check that"),
        "{text}"
    );
    assert!(!text.contains("hunter22"));
}

#[test]
fn a_file_that_states_another_address_than_its_keys_is_refused() {
    let dir = dir();
    let with = |address: &str| PBKDF2.replacen('{', &format!(r#"{{"address":"{address}","#), 1);
    let right = written(&dir, &with(ADDRESS));
    assert_eq!(
        right.address().unwrap().map(const_hex::encode).as_deref(),
        Some(ADDRESS)
    );
    right.unlock(&password("testpassword")).unwrap();
    let wrong = written(&dir, &with(&"1".repeat(40))).unlock(&password("testpassword"));
    assert!(matches!(wrong, Err(KeyError::AddressMismatch { .. })));
    assert!(written(&dir, &with("12")).address().is_err());
}

#[test]
fn files_that_are_no_key_files_are_refused_without_exhausting_the_machine() {
    let dir = dir();
    let path = dir.path().join("bad.json");
    for (from, to) in [
        ("\"version\":3", "\"version\":1"),
        ("aes-128-ctr", "aes-128-cbc"),
        ("\"n\":2", "\"n\":3"),
        ("\"n\":2", "\"n\":1073741824"),
        ("\"n\":2", "\"n\":18446744073709551615"),
        ("\"dklen\":32", "\"dklen\":8"),
        ("\"p\":1", "\"p\":4000000000"),
        ("\"r\":8", "\"r\":0"),
        ("dc4926b48a105133d2f16b96833abf1e", "dc49"),
        ("b87781948a1befd2", ""),
        ("\"kdf\":\"scrypt\"", "\"kdf\":\"argon2\""),
        ("\"crypto\":", "\"krypto\":"),
    ] {
        assert!(SCRYPT.contains(from), "{from}");
        fs::write(&path, SCRYPT.replace(from, to)).unwrap();
        let error = KeyFile::open(&path).and_then(|file| file.unlock(&password("")));
        assert!(
            matches!(error, Err(KeyError::BadKeyFile { .. })),
            "{to}: {error:?}"
        );
    }
    fs::write(&path, "x".repeat(100_000)).unwrap();
    assert!(matches!(KeyFile::open(&path), Err(KeyError::Read { .. })));
}
