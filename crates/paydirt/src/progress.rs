//! A bar on a terminal, for as long as a run goes on; elsewhere the log lines tell.

use std::io::{self, IsTerminal as _, Write};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use paydirt_payouts::Tally;
use paydirt_schedule::Day;
use tokio::sync::watch;

static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Standard error for log lines: bars step aside for each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BesideBars;

impl Write for BesideBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Shows each wallet's progress, once there is something to do, until its engine is gone.
pub(crate) fn show(wallets: Vec<(String, watch::Receiver<Tally>)>) {
    if !io::stderr().is_terminal() {
        return;
    }
    for (wallet, mut progress) in wallets {
        tokio::spawn(async move {
            let mut shown: Option<ProgressBar> = None;
            while progress.changed().await.is_ok() {
                let tally = progress.borrow_and_update().clone();
                if tally.planned > 0 {
                    draw(shown.get_or_insert_with(|| bar(&wallet)), &tally);
                }
            }
            if let Some(bar) = shown {
                bar.finish_and_clear();
            }
        });
    }
}

/// How far a long run is: a bar on a terminal, elsewhere a line now and then.
#[derive(Default)]
pub(crate) struct CountBar {
    shown: Option<(String, ProgressBar)>,
    told: Option<Instant>,
}

/// Away from a terminal, a line after so long.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

impl CountBar {
    /// `what` has done so many of all.
    pub(crate) fn at(&mut self, what: &str, done: u64, of: u64, message: &str) {
        if !io::stderr().is_terminal() {
            let told = self.told.get_or_insert_with(Instant::now);
            if told.elapsed() >= BETWEEN_LINES {
                *told = Instant::now();
                tracing::info!("{what}: {done} of {of}, {message}");
            }
            return;
        }
        if self.shown.as_ref().is_none_or(|(shown, _)| shown != what) {
            self.end();
            self.shown = Some((what.to_owned(), bar(what)));
        }
        if let Some((_, bar)) = &self.shown {
            bar.set_length(of);
            bar.set_position(done);
            bar.set_message(message.to_owned());
        }
    }

    /// Takes it away.
    pub(crate) fn end(&mut self) {
        if let Some((_, bar)) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

/// The same for a run over days.
#[derive(Default)]
pub(crate) struct DaysBar {
    bar: CountBar,
    /// Of what, and the day that it began with.
    first: Option<(String, Day)>,
}

impl DaysBar {
    /// `what` has come to `day`, on its way to `to`.
    pub(crate) fn at(&mut self, what: &str, day: Day, to: Day) {
        if self.first.as_ref().is_none_or(|(of, _)| of != what) {
            self.first = Some((what.to_owned(), day));
        }
        let first = self.first.as_ref().map_or(day, |(_, first)| *first);
        let days = |until: Day| u64::from(until.days_since(first).max(0).unsigned_abs());
        let of = days(to).saturating_add(1);
        self.bar.at(what, days(day), of, &day.to_string());
    }

    /// Takes it away.
    pub(crate) fn end(&mut self) {
        self.bar.end();
    }
}

/// Takes the bars away, before results are printed.
pub(crate) fn end() {
    // A terminal that is gone needs no cleaning.
    let _cleared = BARS.clear();
}

fn bar(wallet: &str) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(0));
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(wallet.to_owned());
    bar
}

fn draw(bar: &ProgressBar, tally: &Tally) {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    bar.set_length(count(tally.planned.max(tally.settled)));
    bar.set_position(count(tally.settled.saturating_add(tally.released)));
    let Tally {
        held,
        sent,
        included,
        settled,
        ..
    } = tally;
    bar.set_message(format!(
        "held {held}, sent {sent}, in a block {included}, settled {settled}"
    ));
}
