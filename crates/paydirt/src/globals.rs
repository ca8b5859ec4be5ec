//! Options that every command takes, before it or after it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgAction, ArgMatches, Args, FromArgMatches};
use paydirt_app::config::{Environment, Log, LogLevel, Settings, Sources, load};

use crate::logging;
use crate::output::Format;

/// Read from the working directory when no other configuration is named.
const DEFAULT_FILE: &str = "paydirt.toml";

// Options of every command. clap's own global arguments lose the values before the subcommand
// when there are more after it; these are merged by hand. (A doc comment would become the help
// text of every command.)
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// A configuration file; repeatable, later ones win. Without any: ./paydirt.toml if it exists
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) config: Vec<PathBuf>,
    /// Set one key of the configuration; repeatable, wins over all else
    #[arg(long, value_name = "KEY=VALUE", action = ArgAction::Append)]
    pub(crate) set: Vec<String>,
    /// Take open-ethereum-pool's own configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) from_open_ethereum_pool: Option<PathBuf>,
    /// How results are printed
    #[arg(long, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    /// Don't ask before money moves
    #[arg(long)]
    pub(crate) yes: bool,
    /// Log more; twice for everything
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// `command` and everything below it with the global options.
pub(crate) fn everywhere(command: clap::Command) -> clap::Command {
    Globals::augment_args(command).mut_subcommands(everywhere)
}

impl Globals {
    /// The options of all levels: lists one after the other, single ones from the innermost.
    pub(crate) fn merged(matches: &ArgMatches) -> Result<Globals, clap::Error> {
        let mut merged = Globals::default();
        let mut level = Some(matches);
        while let Some(matches) = level {
            let found = Globals::from_arg_matches(matches)?;
            merged.config.extend(found.config);
            merged.set.extend(found.set);
            let oep = found.from_open_ethereum_pool;
            merged.from_open_ethereum_pool = oep.or(merged.from_open_ethereum_pool);
            merged.output = found.output.or(merged.output);
            merged.yes |= found.yes;
            merged.verbose = merged.verbose.saturating_add(found.verbose);
            level = matches.subcommand().map(|(_, below)| below);
        }
        Ok(merged)
    }

    /// How results are printed.
    pub(crate) fn output(&self) -> Format {
        self.output.unwrap_or_default()
    }

    /// Reads the configuration, and starts logging as it says.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        let mut files = self.config.clone();
        let default = Path::new(DEFAULT_FILE);
        if files.is_empty() && self.from_open_ethereum_pool.is_none() && default.exists() {
            files.push(default.to_owned());
        }
        let settings = load(&Sources {
            open_ethereum_pool: self.from_open_ethereum_pool.clone(),
            files,
            environment: Environment::of_process(),
            set: self.set.clone(),
        })?;
        logging::start(self.log(&settings), self.verbose);
        Ok(settings)
    }

    /// Beside JSON, what is read by a program, only what needs a person is logged, unless somebody
    /// set a level.
    fn log(&self, settings: &Settings) -> Log {
        let level = settings
            .shown()
            .iter()
            .find(|shown| shown.key == "log.level");
        let by_default = level.is_none_or(|shown| shown.from == "default");
        match self.output() == Format::Json && by_default {
            true => Log {
                level: LogLevel::Warn,
                ..settings.log
            },
            false => settings.log,
        }
    }
}

/// The format asked for on a command line that could not be read.
pub(crate) fn format_of(arguments: &[OsString]) -> Format {
    let words: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let apart = words.windows(2).any(|pair| pair == ["--output", "json"]);
    match apart || words.contains(&"--output=json") {
        true => Format::Json,
        false => Format::Table,
    }
}
