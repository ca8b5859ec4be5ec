//! Where log lines go: to standard error, as text or JSON.

use paydirt_app::config::{Log, LogFormat, LogLevel};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::progress::BesideBars;

const LEVELS: [(LogLevel, LevelFilter); 5] = [
    (LogLevel::Error, LevelFilter::ERROR),
    (LogLevel::Warn, LevelFilter::WARN),
    (LogLevel::Info, LevelFilter::INFO),
    (LogLevel::Debug, LevelFilter::DEBUG),
    (LogLevel::Trace, LevelFilter::TRACE),
];

/// Starts logging, once. Libraries log warnings at most: what they say below that may hold a URL
/// with its credentials.
pub(crate) fn start(log: Log, verbose: u8) {
    let raised = |(level, _): &&(LogLevel, LevelFilter)| *level == log.level;
    let at = LEVELS
        .iter()
        .position(|entry| raised(&entry))
        .unwrap_or_default();
    let at = at.saturating_add(verbose.into()).min(LEVELS.len() - 1);
    let level = LEVELS
        .get(at)
        .map_or(LevelFilter::TRACE, |(_, level)| *level);
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("paydirt", level);
    let layer = fmt::layer().with_writer(|| BesideBars);
    let layer = match log.format {
        LogFormat::Text => layer.with_ansi(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    // A second start changes nothing.
    let _already = registry().with(layer.with_filter(targets)).try_init();
}
