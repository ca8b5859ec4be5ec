//! Hold and settle of 1000 legs, against the least Lua that makes the original's writes for 1000
//! payees in one call. `cargo bench -p paydirt-ledger-redis`; the mark is a ratio of at most 2.

use std::time::{Duration, Instant};

use paydirt_chain::{Address, TxId};
use paydirt_ledger::{
    HoldOutcome, JournalId, Ledger, Leg, LegId, LegSource, LegState, MemberId, MoveContext, MoveId,
    PaymentId, PoolId, SettleOutcome, Settlement, WalletId,
};
use paydirt_ledger_redis::{RedisLedger, RedisLedgerConfig};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;
use paydirt_testkit::RedisServer;
use redis::aio::MultiplexedConnection;
use uuid::Uuid;

const LEGS: usize = 1000;
const ROUNDS: usize = 30;
const NOW_S: i64 = 1_795_208_817;

/// As the original's debit, each payee by its five commands.
const BARE_HOLD: &str = "
for i = 1, #ARGV, 2 do
  local key = 'eth:miners:' .. ARGV[i]
  redis.call('HINCRBY', key, 'balance', '-' .. ARGV[i + 1])
  redis.call('HINCRBY', key, 'pending', ARGV[i + 1])
  redis.call('HINCRBY', 'eth:finances', 'balance', '-' .. ARGV[i + 1])
  redis.call('HINCRBY', 'eth:finances', 'pending', ARGV[i + 1])
  redis.call('ZADD', 'eth:payments:pending', '1795208817', ARGV[i] .. ':' .. ARGV[i + 1])
end";

/// As the original's record, each payee by its seven commands.
const BARE_SETTLE: &str = "
for i = 1, #ARGV, 3 do
  local login, amount, tx = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key, row = 'eth:miners:' .. login, login .. ':' .. amount
  redis.call('HINCRBY', key, 'pending', '-' .. amount)
  redis.call('HINCRBY', key, 'paid', amount)
  redis.call('HINCRBY', 'eth:finances', 'pending', '-' .. amount)
  redis.call('HINCRBY', 'eth:finances', 'paid', amount)
  redis.call('ZADD', 'eth:payments:all', '1795208817', tx .. ':' .. row)
  redis.call('ZADD', 'eth:payments:' .. login, '1795208817', tx .. ':' .. amount)
  redis.call('ZREM', 'eth:payments:pending', row)
end";

fn login(number: usize) -> String {
    format!("0x{number:040x}")
}

/// Another one each time.
fn transaction() -> String {
    let id = Uuid::now_v7().simple();
    format!("0x{id}{id}")
}

fn units(number: usize) -> i64 {
    700_000_000 + i64::try_from(number).unwrap_or(0)
}

/// One payment a leg, with ids of its own.
fn payments() -> Vec<(PaymentId, Vec<Leg>)> {
    let leg = |number| Leg {
        id: LegId::new(),
        pool: PoolId::new("etc"),
        member: MemberId::new(login(number)),
        address: Address::canonical(login(number)),
        amount: Amount::from_units(units(number), Coin::ETH),
        source: LegSource::Threshold,
        state: LegState::Live,
        verdict: None,
    };
    (0..LEGS)
        .map(|number| (PaymentId::new(), vec![leg(number)]))
        .collect()
}

struct Bench {
    raw: MultiplexedConnection,
    ledger: RedisLedger,
    journal: JournalId,
    known: Option<MoveId>,
}

/// Time on the wire, in Redis' scripts, and of the processor in Redis' main thread; in us.
#[derive(Clone, Copy)]
struct Taken {
    wire: u128,
    scripts: u128,
    processor: u128,
}

impl Bench {
    async fn credit(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let mut pipeline = redis::pipe();
        for number in 0..LEGS {
            let key = format!("eth:miners:{}", login(number));
            pipeline
                .cmd("HINCRBY")
                .arg(key)
                .arg("balance")
                .arg(units(number));
            pipeline
                .cmd("HINCRBY")
                .arg("eth:finances")
                .arg("balance")
                .arg(units(number));
        }
        Ok(pipeline.exec_async(&mut self.raw).await?)
    }

    fn context(&self) -> MoveContext {
        MoveContext {
            journal: self.journal,
            wallet: WalletId::new("1/0xgenesis/0xwallet"),
            token: 1,
            known: self.known,
            id: Uuid::now_v7(),
            at: Timestamp::from_ms(NOW_S * 1000),
        }
    }

    /// Time in scripts and of the processor so far, in us.
    async fn counters(&mut self) -> Result<[u128; 2], Box<dyn std::error::Error>> {
        let text: String = redis::cmd("INFO")
            .arg("everything")
            .query_async(&mut self.raw)
            .await?;
        let after = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let scripts = after("cmdstat_evalsha:").and_then(|line| {
            let field = line
                .split(',')
                .find_map(|field| field.strip_prefix("usec="))?;
            field.parse().ok()
        });
        let mut processor = Duration::ZERO;
        for name in ["used_cpu_user_main_thread:", "used_cpu_sys_main_thread:"] {
            let seconds = after(name).ok_or("Redis is older than 7")?.trim();
            processor += Duration::from_secs_f64(seconds.parse()?);
        }
        Ok([scripts.unwrap_or(0), processor.as_micros()])
    }

    async fn taken(
        &mut self,
        before: [u128; 2],
        wire: Duration,
    ) -> Result<Taken, Box<dyn std::error::Error>> {
        let after = self.counters().await?;
        Ok(Taken {
            wire: wire.as_micros(),
            scripts: after[0].saturating_sub(before[0]),
            processor: after[1].saturating_sub(before[1]),
        })
    }

    async fn bare(
        &mut self,
        text: &str,
        words: &[String],
    ) -> Result<Taken, Box<dyn std::error::Error>> {
        let script = redis::Script::new(text);
        script.load_async(&mut self.raw).await?;
        let before = self.counters().await?;
        let start = Instant::now();
        script.arg(words).invoke_async::<()>(&mut self.raw).await?;
        let wire = start.elapsed();
        self.taken(before, wire).await
    }

    async fn bare_round(&mut self) -> Result<[Taken; 2], Box<dyn std::error::Error>> {
        self.credit().await?;
        let hold: Vec<String> = (0..LEGS)
            .flat_map(|n| [login(n), units(n).to_string()])
            .collect();
        let settle: Vec<String> = (0..LEGS)
            .flat_map(|n| [login(n), units(n).to_string(), transaction()])
            .collect();
        Ok([
            self.bare(BARE_HOLD, &hold).await?,
            self.bare(BARE_SETTLE, &settle).await?,
        ])
    }

    async fn our_round(&mut self) -> Result<[Taken; 2], Box<dyn std::error::Error>> {
        self.credit().await?;
        let payments = payments();
        let before = self.counters().await?;
        let start = Instant::now();
        let moved = self.ledger.hold(&self.context(), &payments).await?;
        let wire = start.elapsed();
        let hold = self.taken(before, wire).await?;
        assert!(
            moved
                .outcomes
                .iter()
                .all(|outcome| *outcome == HoldOutcome::Held)
        );
        self.known = moved.last;

        let legs: Vec<Settlement> = payments
            .into_iter()
            .flat_map(|(_, legs)| legs)
            .map(|leg| Settlement {
                leg,
                transaction: TxId::new(transaction()),
                block: 5_000_000,
                fee: 0,
            })
            .collect();
        let before = self.counters().await?;
        let start = Instant::now();
        let moved = self.ledger.settle(&self.context(), &legs).await?;
        let wire = start.elapsed();
        let settle = self.taken(before, wire).await?;
        assert!(
            moved
                .outcomes
                .iter()
                .all(|outcome| *outcome == SettleOutcome::Settled)
        );
        self.known = moved.last;
        Ok([hold, settle])
    }
}

/// A busy machine only ever adds time.
fn lower_quartile(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values.get(values.len() / 4).copied().unwrap_or(0)
}

type Measure = fn(&Taken) -> u128;

fn report(what: &str, bare: &[Taken], ours: &[Taken]) {
    let measures: [(&str, Measure); 3] = [
        ("on the wire", |taken| taken.wire),
        ("in scripts", |taken| taken.scripts),
        ("processor", |taken| taken.processor),
    ];
    for (name, measure) in measures {
        let [bare, ours] =
            [bare, ours].map(|all| lower_quartile(all.iter().map(measure).collect()));
        let ratio = ours * 100 / bare.max(1);
        println!(
            "{what:6} {name:11}: bare {bare:6} us, ours {ours:6} us, ratio {}.{:02}",
            ratio / 100,
            ratio % 100
        );
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    for fsync in ["always", "everysec"] {
        let server = RedisServer::start_with(&["--appendfsync", fsync]).await?;
        let raw = redis::Client::open(server.url())?
            .get_multiplexed_async_connection()
            .await?;
        let ledger = RedisLedger::connect(RedisLedgerConfig::new(server.url(), "eth", Coin::ETH))?;
        let mut bench = Bench {
            raw,
            ledger,
            journal: JournalId::new(),
            known: None,
        };
        bench.ledger.attach(bench.journal).await?;
        bench.ledger.lock(&bench.context()).await?;
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare.push(bench.bare_round().await?);
            ours.push(bench.our_round().await?);
        }
        println!("{LEGS} payees, {ROUNDS} rounds, lower quartiles, appendfsync {fsync}");
        for (place, what) in ["hold", "settle"].into_iter().enumerate() {
            let of = |all: &[[Taken; 2]]| -> Vec<Taken> { all.iter().map(|t| t[place]).collect() };
            report(what, &of(&bare), &of(&ours));
        }
    }
    Ok(())
}
