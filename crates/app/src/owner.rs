//! Who are we, and is somebody else of this machine gone?
//!
//! An owner of a lease is named `host/namespace:process:start:random`. The namespace of process
//! ids is part of it because containers may share a host's name and not its processes.

use std::fs;

use uuid::Uuid;

use crate::error::AppError;

/// The name of this process as a lease's owner; different at each call.
#[must_use]
pub fn owner() -> String {
    let process = std::process::id();
    let start = started(&process.to_string()).unwrap_or_default();
    let random = Uuid::now_v7().simple();
    format!("{}:{process}:{start}:{random}", host().unwrap_or_default())
}

/// Who gives this command: kept in the books and in histories. Where the environment says nothing,
/// as in a container, the name of the process's user.
///
/// It guards against mistakes and leaves a name; whoever can become another user of the machine can
/// be another person here.
#[must_use]
pub fn operator() -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"].into_iter();
    let mut named = user.filter_map(|name| std::env::var(name).ok());
    let user = named.find(|name| !name.trim().is_empty());
    user.or_else(user_of_process)
        .unwrap_or_else(|| "an operator".into())
}

/// By the ids in `/proc/self/status` (proc(5)) and the names in `/etc/passwd` (passwd(5)).
fn user_of_process() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let id = ids.split_whitespace().next()?;
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, its_id) = (fields.next()?, fields.nth(1)?);
        (its_id == id).then(|| name.to_owned())
    });
    named.or_else(|| Some(format!("user {id}")))
}

/// Why somebody does something, for those who read it later.
///
/// # Errors
/// `Usage` for a blank one.
pub(crate) fn why(reason: &str) -> Result<&str, AppError> {
    let reason = reason.trim();
    match reason.is_empty() {
        true => Err(AppError::usage(
            "the reason is empty",
            "say why with --reason",
        )),
        false => Ok(reason),
    }
}

/// Whether this owner was a process of this machine that does not run any more. In doubt: no.
#[must_use]
pub fn is_gone(owner: &str) -> bool {
    let parts: Vec<&str> = owner.split(':').collect();
    let [its_host, process, start, _] = parts.as_slice() else {
        return false;
    };
    let numbered = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
    if !numbered || start.is_empty() || host().as_deref() != Some(its_host) {
        return false;
    }
    started(process).as_deref() != Some(start)
}

fn host() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    let plain = |c: &char| !c.is_control() && *c != ':';
    let plain = |text: &str| text.trim().chars().filter(plain).collect::<String>();
    let (name, namespace) = (plain(&name), plain(&namespace.to_string_lossy()));
    (!name.is_empty()).then(|| format!("{name}/{namespace}"))
}

/// When a process began, in ticks since the machine did: field 22 of `/proc/PID/stat` (proc(5)).
/// The second field, a name in parentheses, may have blanks and parentheses of its own.
fn started(process: &str) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    match fields.as_slice() {
        // A zombie runs no more, whoever has yet to ask how it ended.
        ["Z" | "X", ..] => None,
        fields => fields.get(19).map(|start| (*start).to_owned()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn we_are_not_gone_and_nobody_of_another_host_is() {
        let ours = owner();
        assert!(!is_gone(&ours), "{ours}");
        let parts: Vec<&str> = ours.split(':').collect();
        let named = |host: &str, process: &str, start: &str| {
            format!("{host}:{process}:{start}:{}", parts[3])
        };
        assert!(
            is_gone(&named(parts[0], parts[1], "1")),
            "another start time"
        );
        assert!(
            is_gone(&named(parts[0], "4194305", parts[2])),
            "no such process"
        );
        assert!(!is_gone(&named("elsewhere", "4194305", parts[2])));
        assert!(!is_gone("a"));
        assert!(!is_gone(""));
        assert!(!is_gone(&named(parts[0], "../1", parts[2])));
    }

    #[test]
    fn a_process_has_a_user_without_an_environment() {
        let whoami = std::process::Command::new("id")
            .arg("-un")
            .output()
            .unwrap();
        let name = String::from_utf8(whoami.stdout).unwrap();
        assert_eq!(user_of_process().unwrap(), name.trim());
    }

    #[test]
    fn two_owners_of_one_process_differ() {
        assert_ne!(owner(), owner());
    }

    #[test]
    fn a_process_that_has_ended_is_gone() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let process = child.id().to_string();
        let start = started(&process).unwrap();
        let name = format!("{}:{process}:{start}:x", host().unwrap());
        assert!(!is_gone(&name));
        child.kill().unwrap();
        while !is_gone(&name) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(is_gone(&name));
    }
}
