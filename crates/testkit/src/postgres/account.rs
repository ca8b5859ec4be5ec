//! Whom the server runs as: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use rustix::process::{geteuid, getuid};

/// Accounts without rights that Debian has, the best first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// An account that root starts servers as.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Nobody else's when this process is not root's.
    pub(crate) fn for_servers() -> Option<Self> {
        if !geteuid().is_root() {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named = |name: &&str| accounts.lines().find_map(|line| of_line(line, name));
        NAMES.iter().find_map(named)
    }

    /// The user that owns the server's files.
    pub(crate) fn owner(account: Option<&Self>) -> u32 {
        account.map_or_else(|| getuid().as_raw(), |account| account.uid)
    }

    /// Gives it a file or a directory.
    pub(crate) fn give(&self, path: &Path) -> std::io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }
}

/// `name:x:uid:gid:…`
fn of_line(line: &str, name: &str) -> Option<Account> {
    let mut fields = line.split(':');
    if fields.next()? != name {
        return None;
    }
    let mut numbers = fields.skip(1).map(|field| field.parse().ok());
    let (uid, gid) = (numbers.next()??, numbers.next()??);
    Some(Account { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_by_its_whole_name() {
        let line = "postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash";
        let account = of_line(line, "postgres").map(|account| (account.uid, account.gid));
        assert_eq!(account, Some((101, 104)));
        assert!(of_line(line, "post").is_none());
        assert!(of_line("postgres:x:a:1", "postgres").is_none());
    }
}
