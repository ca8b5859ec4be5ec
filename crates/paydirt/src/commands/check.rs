//! `paydirt check`.

use paydirt_app::check::check;
use paydirt_app::wire::Scope;
use paydirt_ledger::Severity;

use super::wait;
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::Rows;

pub(super) fn run(globals: &Globals, pool: Option<String>) -> anyhow::Result<Exit> {
    let settings = globals.settings()?;
    let findings = wait(async { Ok(check(&settings, &Scope { pool }).await?) })?;
    let mut rows = Rows::new(["status", "what", "detail"]);
    for finding in &findings {
        rows.push([
            word(finding.severity).into(),
            finding.what.as_str().into(),
            finding.detail.as_str().into(),
        ]);
    }
    rows.print(globals.output())?;
    let failed = findings.iter().any(|f| f.severity == Severity::Fail);
    Ok(if failed { Exit::Attention } else { Exit::Done })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Warn => "warn",
        Severity::Fail => "fail",
    }
}
