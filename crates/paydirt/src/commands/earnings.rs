//! `paydirt earnings`.

use paydirt_app::earnings::{self, Answer, Line, Question};
use paydirt_money::{Amount, Coin};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::cli::{EarningsArguments, Oversold};
use crate::failure::Exit;
use crate::globals::Globals;
use crate::output::{self, Cell, Format};

pub(super) fn run(globals: &Globals, arguments: EarningsArguments) -> anyhow::Result<Exit> {
    let question = Question {
        orders: arguments.orders,
        income: arguments.income,
        day: arguments.day,
        whole: arguments.whole,
        oversold: match arguments.oversold {
            Oversold::Refuse => earnings::Oversold::Refuse,
            Oversold::Scale => earnings::Oversold::Scale,
        },
    };
    let answer = earnings::calculate(&question)?;
    let coin = question.income.coin();
    match globals.output() {
        Format::Csv => {
            let rows = answer.lines().map(|line| cells(&line, coin));
            output::print_csv(["order", "member", "gross", "fee", "net"], rows)?;
        }
        Format::Json => output::print_json(&Json(&answer, coin))?,
        Format::Table => print_table(&question, &answer)?,
    }
    Ok(Exit::Done)
}

fn fixed(units: i64, coin: Coin) -> String {
    Amount::from_units(units, coin).to_fixed()
}

fn cells(line: &Line<'_>, coin: Coin) -> [Cell; 5] {
    let part = line.part;
    [
        line.order.into(),
        line.member.into(),
        fixed(part.gross, coin).into(),
        fixed(part.fee, coin).into(),
        fixed(part.net(), coin).into(),
    ]
}

fn print_table(question: &Question, answer: &Answer) -> anyhow::Result<()> {
    let coin = question.income.coin();
    let columns = [
        "order",
        "member",
        "gross",
        "fee",
        "net",
        "ratio",
        "net ratio",
    ];
    let rows = answer.lines().map(|line| {
        let [order, member, gross, fee, net] = cells(&line, coin);
        let ratio = |ratio: Option<earnings::Ratio>| ratio.map(|ratio| ratio.to_string());
        let [ratio, net_ratio] = [ratio(line.ratio), ratio(line.net_ratio)].map(Cell::from);
        [order, member, gross, fee, net, ratio, net_ratio]
    });
    output::print_table(columns, rows)?;
    let shared = &answer.shared;
    let sum = format!(
        "\n{} = {} net + {} fee + {} retained\n",
        question.income,
        shared.net.to_fixed(),
        shared.fee.to_fixed(),
        shared.retained.to_fixed()
    );
    let (count, left_out) = (answer.lines().len(), answer.left_out);
    let scaled = match shared.scaled {
        true => "More was sold than the pool has: shared by the sum of the weights.\n",
        false => "",
    };
    let counted = format!(
        "Orders that count on {}: {count}; left out: {left_out}.\n",
        question.day
    );
    Ok(output::print(&[&sum, scaled, &counted].concat())?)
}

/// `{"lines":[…],"totals":{…}}`, written line by line.
struct Json<'a>(&'a Answer, Coin);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Json(answer, coin) = *self;
        let lines = answer.lines().map(|line| JsonLine::of(line, coin));
        let shared = &answer.shared;
        let totals = Totals {
            net: shared.net.to_fixed(),
            fee: shared.fee.to_fixed(),
            retained: shared.retained.to_fixed(),
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("lines", &Sequence(lines))?;
        map.serialize_entry("totals", &totals)?;
        map.end()
    }
}

struct Sequence<I>(I);

impl<T: Serialize, I: Iterator<Item = T> + Clone> Serialize for Sequence<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

#[derive(Serialize)]
struct JsonLine<'a> {
    order: &'a str,
    member: &'a str,
    gross: String,
    fee: String,
    net: String,
}

impl<'a> JsonLine<'a> {
    fn of(line: Line<'a>, coin: Coin) -> JsonLine<'a> {
        JsonLine {
            order: line.order,
            member: line.member,
            gross: fixed(line.part.gross, coin),
            fee: fixed(line.part.fee, coin),
            net: fixed(line.part.net(), coin),
        }
    }
}

#[derive(Serialize)]
struct Totals {
    net: String,
    fee: String,
    retained: String,
}
