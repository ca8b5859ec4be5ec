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

fn transaction(number: usize) -> String {
    format!("0x{number:064x}")
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

/// Time on the wire, and in Redis.
#[derive(Clone, Copy)]
struct Taken {
    wall: Duration,
    server_us: u64,
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

    /// Time that Redis spent in scripts so far, in us.
    async fn in_scripts(&mut self) -> Result<u64, Box<dyn std::error::Error>> {
        let text: String = redis::cmd("INFO")
            .arg("commandstats")
            .query_async(&mut self.raw)
            .await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("cmdstat_evalsha:"));
        let field = line.and_then(|line| line.split(',').find_map(|f| f.strip_prefix("usec=")));
        Ok(field.map_or(Ok(0), str::parse)?)
    }

    async fn bare(
        &mut self,
        text: &str,
        words: &[String],
    ) -> Result<Taken, Box<dyn std::error::Error>> {
        let script = redis::Script::new(text);
        script.load_async(&mut self.raw).await?;
        let before = self.in_scripts().await?;
        let start = Instant::now();
        script.arg(words).invoke_async::<()>(&mut self.raw).await?;
        let wall = start.elapsed();
        Ok(Taken {
            wall,
            server_us: self.in_scripts().await? - before,
        })
    }

    async fn bare_round(&mut self) -> Result<[Taken; 2], Box<dyn std::error::Error>> {
        self.credit().await?;
        let hold: Vec<String> = (0..LEGS)
            .flat_map(|n| [login(n), units(n).to_string()])
            .collect();
        let settle: Vec<String> = (0..LEGS)
            .flat_map(|n| [login(n), units(n).to_string(), transaction(n)])
            .collect();
        Ok([
            self.bare(BARE_HOLD, &hold).await?,
            self.bare(BARE_SETTLE, &settle).await?,
        ])
    }

    async fn our_round(&mut self) -> Result<[Taken; 2], Box<dyn std::error::Error>> {
        self.credit().await?;
        let payments = payments();
        let before = self.in_scripts().await?;
        let start = Instant::now();
        let moved = self.ledger.hold(&self.context(), &payments).await?;
        let wall = start.elapsed();
        let hold = Taken {
            wall,
            server_us: self.in_scripts().await? - before,
        };
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
            .enumerate()
            .map(|(number, leg)| Settlement {
                leg,
                transaction: TxId::new(transaction(number)),
                block: 5_000_000,
                fee: 0,
            })
            .collect();
        let before = self.in_scripts().await?;
        let start = Instant::now();
        let moved = self.ledger.settle(&self.context(), &legs).await?;
        let wall = start.elapsed();
        let settle = Taken {
            wall,
            server_us: self.in_scripts().await? - before,
        };
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

fn median(mut values: Vec<u128>) -> u128 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn report(what: &str, bare: &[Taken], ours: &[Taken]) {
    let wall = |taken: &[Taken]| median(taken.iter().map(|t| t.wall.as_nanos()).collect());
    let server = |taken: &[Taken]| {
        median(
            taken
                .iter()
                .map(|t| u128::from(t.server_us) * 1000)
                .collect(),
        )
    };
    for (where_, bare, ours) in [
        ("on the wire", wall(bare), wall(ours)),
        ("in Redis", server(bare), server(ours)),
    ] {
        let legs = LEGS as u128;
        println!(
            "{what:6} {where_:11}: bare {:6} ns a payee, ours {:6} ns, ratio {}.{:02}",
            bare / legs,
            ours / legs,
            ours / bare.max(1),
            ours * 100 / bare.max(1) % 100
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
        println!("{LEGS} payees, {ROUNDS} rounds, medians, appendfsync {fsync}");
        for (place, what) in ["hold", "settle"].into_iter().enumerate() {
            let of = |all: &[[Taken; 2]]| -> Vec<Taken> { all.iter().map(|t| t[place]).collect() };
            report(what, &of(&bare), &of(&ours));
        }
    }
    Ok(())
}
