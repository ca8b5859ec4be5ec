use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Notes that the running test uses `what`: `redis`, `sqlite`, `postgres`, `devnet` or `anvil`.
///
/// `tests/run` counts these notes for its last lines; elsewhere they are not kept. The servers of
/// this crate note themselves.
pub fn uses(what: &str) {
    let name = |variable| env::var(variable).ok();
    // Set by `tests/run`, and by nextest for each test.
    let Some(notes) = env::var_os("PAYDIRT_TEST_USES") else {
        return;
    };
    let (Some(binary), Some(test)) = (name("NEXTEST_BINARY_ID"), name("NEXTEST_TEST_NAME")) else {
        return;
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(Path::new(&notes).join(what));
    // A note that is lost must not fail a test of something else.
    let _unkept = file.and_then(|mut file| file.write_all(format!("{binary} {test}\n").as_bytes()));
}
