//! Two owners, crashes, failures, reorganisations, forgetful nodes and ledgers in random order,
//! one point at a time. The seed of a run that fails is printed.

use std::sync::{Arc, Mutex};

use paydirt_devnet::Orphans;
use paydirt_faults::{Act, Script, Standing};
use paydirt_ledger::memory::LedgerCopy;

use super::{Here, long};
use crate::drive::{Run, poll, reconciling, running};
use crate::world::{ETHER, World};

/// A small generator (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let sides = u64::try_from(of.len()).unwrap();
        &of[usize::try_from(self.roll(sides)).unwrap()]
    }
}

struct Owner {
    script: Arc<Script>,
    run: Run<'static, ()>,
}

struct Turns {
    world: Arc<World>,
    dice: Dice,
    owners: [Option<Owner>; 2],
    started: u32,
    /// Since the last credit: a ledger that forgets one has lost it, whatever we do.
    copies: Vec<Vec<LedgerCopy>>,
    tale: Vec<String>,
}

impl Turns {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let ending = *dice.pick(&super::ENDINGS);
        Self {
            world: World::new(ending),
            dice,
            owners: [None, None],
            started: 0,
            copies: Vec::new(),
            tale: vec![format!("{ending:?}")],
        }
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.tale.push(what.into());
    }

    /// An owner that stops at every point; now and then a call of its fails.
    fn start(&mut self, place: usize) {
        self.started += 1;
        let name = format!("owner-{}", self.started);
        let dice = Mutex::new(Dice(self.dice.roll(u64::MAX)));
        let script = Arc::new(Script::new(move |_| match dice.lock().unwrap().roll(60) {
            0 => Act::Fail,
            _ => Act::Pause,
        }));
        let engine = self.world.engine(&name, &script);
        let older = self.world.is_older();
        let run = if older && self.dice.roll(2) == 0 {
            self.tell(format!("{name} reconciles"));
            reconciling(engine)
        } else {
            self.tell(format!("{name} runs"));
            running(engine)
        };
        self.owners[place] = Some(Owner { script, run });
    }

    /// An owner goes on to its next point, or ends.
    fn go_on(&mut self, place: usize) {
        let Some(owner) = &mut self.owners[place] else {
            return self.start(place);
        };
        owner.script.resume();
        let done = poll(&mut owner.run);
        let standing = owner.script.standing();
        let at = owner.script.points().last().map(ToString::to_string);
        match done {
            std::task::Poll::Ready(ended) => {
                self.owners[place] = None;
                self.tell(format!(
                    "{place} ends: {:?}",
                    ended.map_err(|e| e.to_string())
                ));
            }
            // It waits for the clock.
            std::task::Poll::Pending if standing == Standing::Running => self.pass(),
            std::task::Poll::Pending => self.tell(format!("{place} at {}", at.unwrap())),
        }
    }

    fn pass(&mut self) {
        let ms = 200 + self.dice.roll(1_500);
        self.tell(format!("{ms} ms pass"));
        let until = self.world.clock_now().saturating_add_ms(ms);
        self.world.pass_until(until);
    }

    fn mishap(&mut self) {
        match self.dice.roll(12) {
            0..=3 => {
                let place = usize::try_from(self.dice.roll(2)).unwrap();
                self.owners[place] = None;
                self.tell(format!("{place} crashes"));
            }
            4 | 5 => {
                let orphans = *self.dice.pick(&[Orphans::Return, Orphans::Drop]);
                let deepest = self.world.reorganisable();
                let depth = 1 + self.dice.roll(deepest);
                self.tell(format!("reorg of {depth}, {orphans:?}"));
                self.world.net.reorg(depth, orphans).unwrap();
            }
            6 => {
                self.tell("the node forgets its mempool");
                self.world.net.endpoint(0).forget_mempool();
            }
            7 => {
                self.tell("time passes");
                let until = self.world.clock_now().saturating_add_ms(8_000);
                self.world.pass_until(until);
            }
            8 | 9 => {
                let name = *self
                    .dice
                    .pick(&["alice", "bob", "carol", "dan", "contract"]);
                self.tell(format!("{name} earns"));
                self.world.credit(name, ETHER);
                self.copies.clear();
            }
            10 => self.copies.push(self.world.copies()),
            _ if self.copies.is_empty() => {}
            _ => {
                let copy = self.dice.pick(&self.copies).clone();
                self.tell("the ledgers are restored from an older copy");
                self.world.restore(&copy);
            }
        }
    }

    fn play(&mut self, steps: u32) {
        for _ in 0..steps {
            match self.dice.roll(100) {
                0..=45 => self.go_on(0),
                46..=91 => self.go_on(1),
                92..=96 => self.pass(),
                _ => self.mishap(),
            }
            self.world.assert_always();
        }
        self.owners = [None, None];
        if self.world.is_older() {
            self.tell("reconciled at the end");
            self.world.reconcile("last").unwrap();
        }
        // The first may find members whose earlier payment is still under way.
        for owner in ["y", "z"] {
            let report = self.world.finish(owner).unwrap();
            assert_eq!(report.in_flight, 0);
        }
        self.world.assert_at_rest();
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.tale.len().saturating_sub(400);
            eprintln!("the last turns:\n  {}", self.tale[last..].join("\n  "));
        }
    }
}

#[test]
fn whatever_happens_in_whatever_order_everybody_is_paid_once() {
    let (seeds, steps) = if long() { (4_000, 2_000) } else { (60, 1_200) };
    for seed in 0..seeds {
        let _here = Here::at(format!("seed {seed}"));
        Turns::new(seed).play(steps);
    }
}
