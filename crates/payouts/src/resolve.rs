//! What another payer left behind: pending rows and a lock, resolved on the chain's evidence.

use paydirt_ledger::{LeftoverRow, Leftovers, PoolId, Resolution};

use crate::check::Waived;
use crate::claims::{Claim, Found};
use crate::engine::{Engine, LEASE_TTL_MS, Pool};
use crate::error::PayoutError;
use crate::session::Session;

/// The lock must not move for so long before its owner counts as stopped.
const LOCK_WATCH_MS: u64 = 3_000;

/// One row, and what becomes of it.
#[derive(Clone, Debug)]
pub struct RowReport {
    /// The pool.
    pub pool: PoolId,
    /// The row.
    pub row: LeftoverRow,
    /// What the chain shows of it.
    pub found: Found,
    /// What was done, if anything was.
    pub done: Option<Resolution>,
}

/// What was left, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct ResolveReport {
    /// Rows, oldest first.
    pub rows: Vec<RowReport>,
    /// Locks of other payers, and whether they were removed.
    pub locks: Vec<(PoolId, String, bool)>,
    /// Rows that can't be read: a person must look.
    pub unreadable: Vec<(PoolId, String)>,
}

impl Engine {
    /// Resolves what another payer left. The caller has made sure that it is stopped.
    ///
    /// A row is credited back only after every nonce that could still pay it was used up by a
    /// final transaction, and the chain was searched again.
    ///
    /// # Errors
    /// What keeps it from looking or finishing; rows resolved before stay so.
    pub async fn resolve(&self, dry_run: bool) -> Result<ResolveReport, PayoutError> {
        let wallet = self.open().await?;
        let lease = self
            .lease(&wallet.id, LEASE_TTL_MS.saturating_mul(2))
            .await?;
        let journal_id = self.journal.id().await?;
        let finality = self.finality_of(&wallet);
        let mut session = Session::new(self, lease.clone(), journal_id, finality);
        let done = self.keeping(&lease, session.resolve(dry_run)).await;
        self.journal.give_up(&lease).await?;
        done
    }
}

impl Session<'_> {
    async fn resolve(&mut self, dry_run: bool) -> Result<ResolveReport, PayoutError> {
        let waived = Waived {
            leftovers: true,
            nonces: true,
            recorded: true,
            older: false,
        };
        self.check_for_repair(waived, dry_run).await?;
        let pools: Vec<Pool> = self.engine.pools.values().cloned().collect();
        let mut report = ResolveReport::default();
        for pool in &pools {
            self.resolve_pool(pool, dry_run, &mut report).await?;
        }
        Ok(report)
    }

    async fn resolve_pool(
        &mut self,
        pool: &Pool,
        dry_run: bool,
        report: &mut ResolveReport,
    ) -> Result<(), PayoutError> {
        let left = self.stopped_leftovers(pool).await?;
        let unreadable = left
            .unreadable
            .iter()
            .map(|row| (pool.id.clone(), row.clone()));
        report.unreadable.extend(unreadable);
        let mut found = self.find_rows(&left.rows).await?;
        if !dry_run && !left.rows.is_empty() {
            if !found.iter().all(is_settled) {
                // What was sent at a recorded nonce can come up at that one only.
                let open = left.rows.iter().zip(&found).filter(|(_, f)| !is_settled(f));
                let highest = open.filter_map(|(row, _)| row.nonce).max();
                let end = highest.map_or(0, |nonce| nonce.saturating_add(1));
                self.fill_nonces(1, end).await?;
                found = self.find_final_rows(&left.rows).await?;
            }
            let resolved = self.resolve_rows(pool, &left.rows, &found).await?;
            report.rows.extend(resolved);
        } else {
            let rows = left.rows.into_iter().zip(found);
            report.rows.extend(rows.map(|(row, found)| RowReport {
                pool: pool.id.clone(),
                row,
                found,
                done: None,
            }));
        }
        if let Some(lock) = left.lock {
            let now = pool.ledger.leftovers().await?;
            let may_go = !dry_run && now.rows.is_empty() && now.unreadable.is_empty();
            let gone = may_go
                && pool
                    .ledger
                    .remove_lock(&self.context(&pool.id), &lock)
                    .await?;
            report.locks.push((pool.id.clone(), lock, gone));
        }
        Ok(())
    }

    /// What is left, after watching that nobody is still working on it.
    async fn stopped_leftovers(&self, pool: &Pool) -> Result<Leftovers, PayoutError> {
        let before = pool.ledger.leftovers().await?;
        if before.is_empty() {
            return Ok(before);
        }
        self.engine.pause_ms(LOCK_WATCH_MS).await;
        let after = pool.ledger.leftovers().await?;
        if before == after {
            return Ok(after);
        }
        Err(PayoutError::refused(
            format!(
                "the other payer of {} is still at work: its lock or rows moved",
                pool.id
            ),
            "stop it (its payouts module must not run), then resolve again",
        ))
    }

    async fn find_rows(&self, rows: &[LeftoverRow]) -> Result<Vec<Found>, PayoutError> {
        let claims: Vec<Claim> = rows
            .iter()
            .map(|row| Claim {
                address: self.engine.chain.parse_address(row.member.as_str()).ok(),
                amount: row.amount,
                since: row.at,
                transaction: row.transaction.clone(),
            })
            .collect();
        let taken = self.taken().await?;
        self.find_claims(&claims, &taken).await
    }

    /// Searched again until nothing found is still waiting for finality.
    async fn find_final_rows(&self, rows: &[LeftoverRow]) -> Result<Vec<Found>, PayoutError> {
        loop {
            let found = self.find_rows(rows).await?;
            let waiting = |f: &Found| matches!(f, Found::NotFinal { .. });
            if !found.iter().any(waiting) {
                return Ok(found);
            }
            if self.engine.stop.is_asked() {
                return Err(PayoutError::Impossible(
                    "stopped before everything was final; nothing was credited back".into(),
                ));
            }
            self.engine.pause_ms(self.poll_ms()).await;
        }
    }

    /// Only here is a row of another payer credited back: all nonces that could pay it are final.
    async fn resolve_rows(
        &mut self,
        pool: &Pool,
        rows: &[LeftoverRow],
        found: &[Found],
    ) -> Result<Vec<RowReport>, PayoutError> {
        let mut reports = Vec::with_capacity(rows.len());
        for (row, found) in rows.iter().zip(found) {
            let resolution = match found {
                Found::Paid { transaction, .. } => Some(Resolution::Paid(transaction.clone())),
                Found::Failed { .. } | Found::NotFound => Some(Resolution::CreditBack),
                Found::NotFinal { .. } | Found::MayBePending => None,
            };
            if let Some(resolution) = &resolution {
                let context = self.context(&pool.id);
                pool.ledger.resolve(&context, row, resolution).await?;
                tracing::warn!(
                    pool = %pool.id, member = %row.member, amount = %row.amount,
                    ?resolution, ?found, "another payer's row resolved"
                );
            }
            let (pool, row, found) = (pool.id.clone(), row.clone(), found.clone());
            reports.push(RowReport {
                pool,
                row,
                found,
                done: resolution,
            });
        }
        Ok(reports)
    }
}

fn is_settled(found: &Found) -> bool {
    matches!(found, Found::Paid { .. } | Found::Failed { .. })
}
