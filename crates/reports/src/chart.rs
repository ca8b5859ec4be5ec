//! Small charts as SVG: bars and lines over days, legible without colour.
//!
//! Positions are whole tenths of a pixel, scaled from ledger units in 128 bits.

use askama::Template;
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Day;

/// Most days of a chart: of more, the last.
pub const DAYS: usize = 366;

/// A chart of amounts by day.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// The days, in order.
    pub days: Vec<Day>,
    /// Drawn as bars: one a day.
    pub bars: Option<Series>,
    /// Drawn as lines, told apart by their strokes.
    pub lines: Vec<Series>,
}

/// Ledger units by day.
#[derive(Clone, Debug)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// One a day; `None` leaves a gap.
    pub values: Vec<Option<i64>>,
}

// The plot, in tenths of a pixel.
const LEFT: i128 = 900;
const RIGHT: i128 = 7_100;
const TOP: i128 = 340;
const BOTTOM: i128 = 1_900;
/// Ledger units of a coin.
const COIN: i128 = 1_000_000_000;
/// Widest bar.
const WIDEST: i128 = 400;
/// Labels under the days.
const LABELS: usize = 6;
const STROKES: [&str; 3] = ["", "7 4", "2 3"];

#[derive(Template)]
#[template(path = "chart.html")]
struct Drawn<'c> {
    title: &'c str,
    summary: String,
    grid: Vec<Mark>,
    days: Vec<Mark>,
    bars: Vec<Bar>,
    lines: Vec<Line>,
    keys: Vec<Key<'c>>,
    zero: String,
}

/// A label at a place.
struct Mark {
    at: String,
    text: String,
}

struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
    text: String,
}

/// What is drawn in one stroke.
struct Line {
    points: String,
    stroke: &'static str,
    is_dot: bool,
}

struct Key<'c> {
    x: String,
    text_x: String,
    is_bar: bool,
    stroke: &'static str,
    name: &'c str,
}

/// Where amounts stand.
struct Scale {
    low: i128,
    high: i128,
}

impl Scale {
    fn of(chart: &Chart) -> Self {
        let bars = chart.bars.iter();
        let all = bars.chain(&chart.lines).flat_map(|series| &series.values);
        let all: Vec<i128> = all.flatten().map(|units| i128::from(*units)).collect();
        let high = all.iter().copied().max().unwrap_or_default().max(0);
        let low = all.iter().copied().min().unwrap_or_default().min(0);
        // Nothing at all is drawn in the scale of a coin.
        let high = if (low, high) == (0, 0) { COIN } else { high };
        let step = step(high.saturating_sub(low));
        let up = |units: i128| {
            units
                .div_euclid(step)
                .saturating_add(1)
                .saturating_mul(step)
        };
        Self {
            low: match low {
                0 => 0,
                low => low.div_euclid(step).saturating_mul(step),
            },
            high: match high.rem_euclid(step) {
                0 if high > 0 => high,
                _ => up(high),
            },
        }
    }

    fn y(&self, units: i128) -> i128 {
        let height = BOTTOM.saturating_sub(TOP);
        let span = self.high.saturating_sub(self.low).max(1);
        let above = units.saturating_sub(self.low).saturating_mul(height);
        BOTTOM.saturating_sub(above.checked_div(span).unwrap_or_default())
    }
}

/// 1, 2 or 5 times a power of ten: some four of them in a span.
fn step(span: i128) -> i128 {
    let rough = (span / 4).max(1);
    let mut power: i128 = 1;
    while power.saturating_mul(10) <= rough {
        power = power.saturating_mul(10);
    }
    let steps = [1, 2, 5, 10].map(|times| power.saturating_mul(times));
    steps
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(power)
}

/// Tenths as a number of SVG.
fn tenths(at: i128) -> String {
    let sign = if at < 0 { "-" } else { "" };
    let at = at.unsigned_abs();
    format!("{sign}{}.{}", at / 10, at % 10)
}

fn coins(units: i128, coin: Coin) -> String {
    let units = i64::try_from(units).unwrap_or(i64::MAX);
    let text = Amount::from_units(units, coin).to_fixed();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Chart {
    /// As an `<svg>` element; its words are escaped.
    pub(crate) fn svg(&self, coin: Coin) -> Result<String, askama::Error> {
        let scale = Scale::of(self);
        let count = self.days.len();
        let skipped = count.saturating_sub(DAYS);
        let shown = count.saturating_sub(skipped).max(1);
        let x = |place: usize| {
            let width = RIGHT.saturating_sub(LEFT);
            let place = i128::try_from(place).unwrap_or_default();
            let of = i128::try_from(shown).unwrap_or(1);
            LEFT.saturating_add(
                width
                    .saturating_mul(place)
                    .checked_div(of)
                    .unwrap_or_default(),
            )
        };
        let half = x(1).saturating_sub(x(0)) / 2;
        let centre = |place: usize| x(place).saturating_add(half);
        let drawn = Drawn {
            title: &self.title,
            summary: self.summary(coin),
            grid: grid(&scale, coin),
            days: self.labels(skipped, shown, centre),
            bars: self.drawn_bars(&scale, skipped, (x, half), coin),
            lines: self.drawn_lines(&scale, skipped, centre),
            keys: self.keys(),
            zero: tenths(scale.y(0)),
        };
        drawn.render()
    }

    /// For who can't see it.
    fn summary(&self, coin: Coin) -> String {
        let series = self.bars.iter().chain(&self.lines);
        let of = |series: &Series| {
            let last = series.values.iter().rev().flatten().next();
            let last = last.map(|units| format!("{} {coin}", coins((*units).into(), coin)));
            format!(
                "{}: last {}",
                series.name,
                last.unwrap_or_else(|| "unknown".into())
            )
        };
        series.map(of).collect::<Vec<String>>().join("; ")
    }

    fn labels(&self, skipped: usize, shown: usize, x: impl Fn(usize) -> i128) -> Vec<Mark> {
        let every = shown.div_ceil(LABELS).max(1);
        let days = self.days.iter().skip(skipped).enumerate().step_by(every);
        days.map(|(place, day)| Mark {
            at: tenths(x(place)),
            text: day.to_string(),
        })
        .collect()
    }

    fn drawn_bars(
        &self,
        scale: &Scale,
        skipped: usize,
        (x, half): (impl Fn(usize) -> i128, i128),
        coin: Coin,
    ) -> Vec<Bar> {
        let values = self.bars.iter().flat_map(|bars| &bars.values).skip(skipped);
        let days = self.days.iter().skip(skipped);
        let width = half.saturating_mul(8).checked_div(5);
        let width = width.unwrap_or_default().clamp(4, WIDEST);
        let margin = half.saturating_mul(2).saturating_sub(width).max(0) / 2;
        let bar = |(place, (value, day)): (usize, (&Option<i64>, &Day))| {
            let units = i128::from((*value)?);
            let (zero, y) = (scale.y(0), scale.y(units));
            Some(Bar {
                x: tenths(x(place).saturating_add(margin)),
                y: tenths(y.min(zero)),
                width: tenths(width),
                height: tenths(y.saturating_sub(zero).saturating_abs()),
                text: format!("{day}: {} {coin}", coins(units, coin)),
            })
        };
        values.zip(days).enumerate().filter_map(bar).collect()
    }

    fn drawn_lines(&self, scale: &Scale, skipped: usize, x: impl Fn(usize) -> i128) -> Vec<Line> {
        let mut lines = Vec::new();
        for (series, stroke) in self.lines.iter().zip(STROKES.iter().cycle()) {
            let values = series.values.iter().skip(skipped).enumerate();
            let values: Vec<(usize, Option<i64>)> =
                values.map(|(at, units)| (at, *units)).collect();
            for run in values.split(|(_, units)| units.is_none()) {
                let point = |(place, units): &(usize, Option<i64>)| {
                    let y = scale.y((*units)?.into());
                    Some(format!("{},{}", tenths(x(*place)), tenths(y)))
                };
                let mut points: Vec<String> = run.iter().filter_map(point).collect();
                // One day alone is a dot: a line from it to itself, with round ends.
                let mut is_dot = false;
                if let [only] = points.as_slice() {
                    points.push(only.clone());
                    is_dot = true;
                }
                if !points.is_empty() {
                    let points = points.join(" ");
                    lines.push(Line {
                        points,
                        stroke,
                        is_dot,
                    });
                }
            }
        }
        lines
    }

    fn keys(&self) -> Vec<Key<'_>> {
        let bars = self.bars.iter().map(|series| (true, "", series));
        let strokes = STROKES.iter().copied().cycle();
        let lines = self.lines.iter().zip(strokes);
        let lines = lines.map(|(series, stroke)| (false, stroke, series));
        let mut x = LEFT;
        let key = |(is_bar, stroke, series): (bool, &'static str, &'_ Series)| {
            let at = x;
            let letters = i128::try_from(series.name.chars().count()).unwrap_or_default();
            x = x
                .saturating_add(letters.saturating_mul(62))
                .saturating_add(520);
            (at, is_bar, stroke)
        };
        let all: Vec<(bool, &'static str, &Series)> = bars.chain(lines).collect();
        let placed: Vec<(i128, bool, &'static str)> = all.iter().copied().map(key).collect();
        let keys = placed.into_iter().zip(all);
        keys.map(|((at, is_bar, stroke), (_, _, series))| Key {
            x: tenths(at),
            text_x: tenths(at.saturating_add(320)),
            is_bar,
            stroke,
            name: &series.name,
        })
        .collect()
    }
}

fn grid(scale: &Scale, coin: Coin) -> Vec<Mark> {
    let step = step(scale.high.saturating_sub(scale.low));
    let mut marks = Vec::new();
    let mut units = scale.low;
    while units <= scale.high && marks.len() < 12 {
        marks.push(Mark {
            at: tenths(scale.y(units)),
            text: coins(units, coin),
        });
        units = units.saturating_add(step);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(bars: &[Option<i64>], line: &[Option<i64>]) -> Chart {
        let first: Day = "2026-11-01".parse().unwrap();
        let days = bars.iter().enumerate();
        Chart {
            title: "<b>income</b>".into(),
            days: days
                .map(|(at, _)| first.checked_add_days(i32::try_from(at).unwrap()).unwrap())
                .collect(),
            bars: Some(Series {
                name: "a & b".into(),
                values: bars.to_vec(),
            }),
            lines: vec![Series {
                name: "mean".into(),
                values: line.to_vec(),
            }],
        }
    }

    #[test]
    fn amounts_of_any_size_stay_in_the_plot() {
        for top in [0, 1, 999, 1_500_000_000, i64::MAX] {
            for low in [0, -1, -top] {
                let of = chart(&[Some(top), Some(low), None], &[None, Some(top), None]);
                let scale = Scale::of(&of);
                for units in [top, low, 0] {
                    let y = scale.y(units.into());
                    assert!((TOP..=BOTTOM).contains(&y), "{top} {low}: {units} at {y}");
                }
                let svg = of.svg(Coin::FIL).unwrap();
                assert!(svg.contains("<rect"), "{svg}");
            }
        }
    }

    #[test]
    fn words_are_escaped_and_a_gap_is_left() {
        let svg = chart(&[Some(1); 4], &[Some(1), None, Some(1), Some(2)]).svg(Coin::FIL);
        let svg = svg.unwrap();
        assert!(!svg.contains("<b>") && !svg.contains("a & b"), "{svg}");
        // Two runs, and the key.
        assert_eq!(svg.matches("<polyline").count(), 3, "{svg}");
    }

    #[test]
    fn steps_are_round() {
        assert_eq!([0, 4, 10, 100, 237, 900].map(step), [1, 1, 2, 50, 100, 500]);
    }
}
