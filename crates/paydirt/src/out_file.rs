//! Files that commands write: whole or not at all, and never over another by chance.

use std::io::{self, BufWriter, IsTerminal as _, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::{NamedTempFile, SpooledTempFile};

use crate::cli_reports::OutFile;
use crate::failure::Failure;
use crate::output::enough;

/// Bytes of what is printed that stay in memory until it is whole.
const IN_MEMORY: usize = 16 << 20;

/// What a file is made in.
pub(crate) trait Target: Write + Seek + Send {}
impl<T: Write + Seek + Send> Target for T {}

/// Where a command writes to.
pub(crate) enum Out {
    /// To this file, once it is whole.
    File {
        made: BufWriter<NamedTempFile>,
        path: PathBuf,
        force: bool,
    },
    /// To standard output, once it is whole.
    Print(SpooledTempFile),
}

impl Out {
    /// Looks whether it can be written, before it is made. `is_text`: whether a terminal shows it.
    pub(crate) fn begin(to: &OutFile, is_text: bool) -> anyhow::Result<Self> {
        let Some(path) = &to.out else {
            if !is_text && io::stdout().is_terminal() {
                return Err(Failure::usage(
                    "this format is not for a terminal; nothing was made",
                    "name a file with --out",
                )
                .into());
            }
            return Ok(Self::Print(SpooledTempFile::new(IN_MEMORY)));
        };
        if !to.force && path.exists() {
            return Err(exists(path));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let made = builder().tempfile_in(folder);
        let made = made.with_context(|| cannot(path))?;
        Ok(Self::File {
            made: BufWriter::new(made),
            path: path.clone(),
            force: to.force,
        })
    }

    pub(crate) fn target(&mut self) -> &mut dyn Target {
        match self {
            Self::File { made, .. } => made,
            Self::Print(made) => made,
        }
    }

    /// What was made goes where it belongs.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Print(mut made) => {
                made.rewind()?;
                let mut out = io::stdout().lock();
                let copied = io::copy(&mut made, &mut out).and_then(|_| out.flush());
                Ok(enough(copied)?)
            }
            Self::File { made, path, force } => {
                let made = made.into_inner().map_err(io::IntoInnerError::into_error);
                let made = made.with_context(|| cannot(&path))?;
                made.as_file().sync_all().with_context(|| cannot(&path))?;
                let kept = match force {
                    true => made.persist(&path),
                    false => made.persist_noclobber(&path),
                };
                match kept {
                    Ok(_) => Ok(()),
                    Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(exists(&path))
                    }
                    Err(failed) => Err(failed.error).with_context(|| cannot(&path)),
                }
            }
        }
    }
}

/// A file with the rights that a program's files have.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".paydirt-").suffix(".part");
    #[cfg(unix)]
    {
        let usual = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        builder.permissions(usual);
    }
    builder
}

fn cannot(path: &Path) -> String {
    let path = path.display();
    format!("{path} can't be written; give another path")
}

fn exists(path: &Path) -> anyhow::Error {
    Failure::usage(
        format!("{} exists; nothing was written", path.display()),
        "give another path with --out, or --force to replace it",
    )
    .into()
}
