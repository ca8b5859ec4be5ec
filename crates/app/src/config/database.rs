//! Where the journal is.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::section::Section;

/// The database that holds the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in this file.
    Sqlite {
        /// The file; it and its directory need not exist yet.
        path: PathBuf,
    },
}

const DEFAULT: &str = "sqlite://paydirt.db";

impl Database {
    /// Where nothing else is said, the journal is in `folder`.
    pub(super) fn read(section: Section<'_>, folder: &Path) -> Option<Database> {
        let folder = match section.is_set("url") {
            true => section.folder_of("url"),
            false => folder.to_owned(),
        };
        let database = section.or("url", DEFAULT, |text| parse(text, &folder));
        section.finish();
        database
    }
}

fn parse(text: &str, folder: &Path) -> Result<Database, Fault> {
    let cure = "write url = \"sqlite://paydirt.db\", with the path of a file";
    let Some((scheme, path)) = text.split_once("://") else {
        return Err(Fault::new("is no database's URL", cure));
    };
    match scheme {
        "sqlite" if path.is_empty() || path.contains(['?', '#']) => {
            Err(Fault::new("names no plain file", cure))
        }
        "sqlite" => Ok(Database::Sqlite {
            path: folder.join(path),
        }),
        "postgres" | "postgresql" => Err(Fault::new(
            "PostgreSQL is not available in this version",
            "use SQLite: url = \"sqlite://paydirt.db\"",
        )),
        _ => Err(Fault::new("is a database of a kind not known here", cure)),
    }
}
