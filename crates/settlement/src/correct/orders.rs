//! The orders that count by a settlement's newest revision, and with what is overridden.

use std::collections::{BTreeMap, BTreeSet};

use paydirt_books::{
    CorrectionTerms, CorrectionVersion, Counting, CountingOrder, Holding, LockedPool, MemberNumber,
    Session, Settlement, Version, VersionCause, VersionNumber,
};
use paydirt_money::Coefficient;
use paydirt_schedule::Day;

use super::{Change, OrderOverride, Overrides};
use crate::SettlementError;
use crate::terms::KeptTerms;

/// What a day's revisions made of the orders that counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// Versions that count no more.
    pub(crate) gone: BTreeSet<VersionNumber>,
    /// Versions that count beside.
    pub(crate) added: BTreeSet<VersionNumber>,
}

impl Counted {
    /// After these revisions, the first being revision 0.
    pub(crate) fn after(revisions: &[Settlement]) -> Result<Self, SettlementError> {
        let mut counted = Self::default();
        for revision in revisions.iter().skip(1) {
            let Some(terms) = KeptTerms::of(revision)?.correction else {
                return Err(SettlementError::refused(
                    format!(
                        "settlement {} doesn't say what it corrects",
                        revision.number
                    ),
                    "run `paydirt ledger verify`, and restore a backup if it fails",
                ));
            };
            counted.add(&terms);
        }
        Ok(counted)
    }

    fn add(&mut self, terms: &CorrectionTerms) {
        let replaced = terms.replaced.iter();
        for gone in replaced.clone().map(|(old, _)| old).chain(&terms.removed) {
            let gone = VersionNumber::new(*gone);
            if !self.added.remove(&gone) {
                self.gone.insert(gone);
            }
        }
        let added = replaced.map(|(_, new)| new).chain(&terms.added);
        self.added.extend(added.map(|it| VersionNumber::new(*it)));
    }

    /// The orders that count, by version. Those that are added have the higher numbers.
    pub(crate) async fn load(
        &self,
        session: &mut Session,
        first: &Settlement,
        default: Coefficient,
    ) -> Result<Counting, SettlementError> {
        let mut counting = session.counted(first.number, default).await?;
        if !self.gone.is_empty() {
            counting = counting.without(&self.gone);
        }
        if !self.added.is_empty() {
            let added = session.counting_versions(&self.added, default).await?;
            for (place, order) in added.orders().iter().enumerate() {
                counting.add(*order, added.id(place));
            }
        }
        Ok(counting)
    }
}

/// What overrides make of the orders.
#[derive(Default)]
pub(super) struct Overridden {
    pub(super) counting: Counting,
    /// New versions by the numbers that they would have now.
    pub(super) new: Vec<(VersionNumber, CorrectionVersion)>,
    /// Versions whose line goes on with another one.
    pub(super) replaced: BTreeMap<VersionNumber, VersionNumber>,
    pub(super) added: Vec<VersionNumber>,
    pub(super) removed: BTreeSet<VersionNumber>,
    pub(super) changes: Vec<Change>,
}

/// What is known of a day, to override its orders.
pub(super) struct OrdersOf<'a> {
    pub(super) day: Day,
    pub(super) default: Coefficient,
    pub(super) counting: &'a Counting,
    pub(super) moved: &'a BTreeMap<VersionNumber, MemberNumber>,
}

impl OrdersOf<'_> {
    /// Applies the overrides of orders.
    pub(super) async fn overridden(
        &self,
        session: &mut Session,
        locked: &LockedPool,
        overrides: &Overrides,
    ) -> Result<Overridden, SettlementError> {
        let mut named: BTreeMap<&[u8], Option<CountingOrder>> = BTreeMap::new();
        let orders = overrides.orders.iter().map(|it| it.order.as_str());
        for id in orders.chain(overrides.without.iter().map(String::as_str)) {
            if named.insert(id.as_bytes(), None).is_some() {
                return Err(SettlementError::refused(
                    format!("order {id} is named twice"),
                    "give all that is otherwise of an order at once",
                ));
            }
        }
        if !named.is_empty() {
            for (place, order) in self.counting.orders().iter().enumerate() {
                if let Some(found) = named.get_mut(self.counting.id(place)) {
                    *found = Some(*order);
                }
            }
        }
        let mut done = Overridden::default();
        for id in &overrides.without {
            let counts = named.get(id.as_bytes()).copied().flatten();
            self.remove(&mut done, id, counts)?;
        }
        let mut next = session.next_version().await?;
        for of in &overrides.orders {
            let counts = named.get(of.order.as_bytes()).copied().flatten();
            let version = self.version(session, locked, of, counts).await?;
            self.check_differs(session, of, &version, counts).await?;
            self.add(session, &mut done, next, version, (of, counts))
                .await?;
            next = VersionNumber::new(next.get().saturating_add(1));
        }
        let gone = done.removed.iter().chain(done.replaced.keys());
        let kept = self.counting.without(&gone.copied().collect());
        let new = std::mem::replace(&mut done.counting, kept);
        for (place, order) in new.orders().iter().enumerate() {
            done.counting.add(*order, new.id(place));
        }
        Ok(done)
    }

    fn remove(
        &self,
        done: &mut Overridden,
        id: &str,
        counts: Option<CountingOrder>,
    ) -> Result<(), SettlementError> {
        let Some(counts) = counts else {
            return Err(SettlementError::refused(
                format!("order {id} did not count on {}", self.day),
                "name one that did: `paydirt settle show --lines` has them",
            ));
        };
        done.removed.insert(counts.version);
        done.changes.push(Change {
            what: format!("order {id}"),
            was: Some("counts".into()),
            is: Some("does not count".into()),
        });
        Ok(())
    }

    /// The order as it is to count.
    async fn version(
        &self,
        session: &mut Session,
        locked: &LockedPool,
        of: &OrderOverride,
        counts: Option<CountingOrder>,
    ) -> Result<CorrectionVersion, SettlementError> {
        let versions = session
            .versions_of_order(locked.pool.number, &of.order)
            .await?;
        let Version {
            order,
            mut holding,
            import,
            ..
        } = self.base(of, versions, counts)?;
        if let Some(moved) = counts.filter(|counts| self.moved.contains_key(&counts.version)) {
            return Err(SettlementError::refused(
                format!(
                    "unvested parts of order {} (version {}) were given to another member, and \
                     would not go on as they do",
                    of.order, moved.version
                ),
                "correct the day without it, or by its income or power",
            ));
        }
        holding.power = of.power.unwrap_or(holding.power);
        holding.fee_rate = of.fee_rate.unwrap_or(holding.fee_rate);
        holding.coefficient = of.coefficient.or(holding.coefficient);
        if let Some(code) = &of.member {
            holding.member = session.member(code).await?.number;
        }
        Ok(CorrectionVersion {
            order,
            holding: Holding {
                start: self.day,
                end: Some(self.day.next()?),
                streams: None,
                ..holding
            },
            import: import.map(|(number, _)| number),
        })
    }

    /// The version that counted, or else would be next to it.
    fn base(
        &self,
        of: &OrderOverride,
        versions: Vec<Version>,
        counts: Option<CountingOrder>,
    ) -> Result<Version, SettlementError> {
        if let Some(counts) = counts {
            let found = versions.into_iter().find(|it| it.number == counts.version);
            return found.ok_or_else(|| {
                SettlementError::refused(
                    format!("order {} has no version {}", of.order, counts.version),
                    "run `paydirt ledger verify`, and restore a backup if it fails",
                )
            });
        }
        let own = |it: &Version| {
            let is_real = !matches!(it.cause, VersionCause::Correction | VersionCause::Opening);
            is_real && it.valid_until.is_none_or(|until| until > it.valid_from)
        };
        let mut own: Vec<Version> = versions.into_iter().filter(own).collect();
        let began = own.iter().rposition(|it| it.valid_from <= self.day);
        match own.is_empty() {
            true => Err(SettlementError::refused(
                format!("order {} never counts in this pool", of.order),
                "import it first: `paydirt orders import`",
            )),
            false => Ok(own.swap_remove(began.unwrap_or(0))),
        }
    }

    async fn check_differs(
        &self,
        session: &mut Session,
        of: &OrderOverride,
        version: &CorrectionVersion,
        counts: Option<CountingOrder>,
    ) -> Result<(), SettlementError> {
        let is = self.counting_order(session, VersionNumber::new(0), version);
        let is = is.await?;
        let same = counts.is_some_and(|was| {
            let was = (was.member, was.power, was.fee_rate, was.coefficient);
            was == (is.member, is.power, is.fee_rate, is.coefficient)
        });
        if same {
            return Err(SettlementError::refused(
                format!("order {} counted so on {} already", of.order, self.day),
                "give what is to be otherwise of it, or leave it out",
            ));
        }
        Ok(())
    }

    async fn counting_order(
        &self,
        session: &mut Session,
        number: VersionNumber,
        version: &CorrectionVersion,
    ) -> Result<CountingOrder, SettlementError> {
        let holding = &version.holding;
        let of_import = match (holding.coefficient, version.import) {
            (None, Some(import)) => session.import_coefficient(import).await?,
            (own, _) => own,
        };
        Ok(CountingOrder {
            version: number,
            member: holding.member,
            power: holding.power,
            coefficient: of_import.unwrap_or(self.default),
            fee_rate: holding.fee_rate,
        })
    }

    async fn add(
        &self,
        session: &mut Session,
        done: &mut Overridden,
        number: VersionNumber,
        version: CorrectionVersion,
        (of, counts): (&OrderOverride, Option<CountingOrder>),
    ) -> Result<(), SettlementError> {
        let is = self.counting_order(session, number, &version).await?;
        let members = [is.member].into_iter().chain(counts.map(|it| it.member));
        let codes = session.codes_of(members).await?;
        let told = |order: CountingOrder| {
            let code = codes.get(&order.member);
            let code = code.map_or_else(|| order.member.to_string(), ToString::to_string);
            format!(
                "{} bytes, fee rate {}, coefficient {}, member {code}",
                order.power.bytes(),
                order.fee_rate,
                order.coefficient,
            )
        };
        done.changes.push(Change {
            what: format!("order {}", of.order),
            was: Some(counts.map_or_else(|| "does not count".to_owned(), told)),
            is: Some(told(is)),
        });
        match counts {
            Some(was) if was.member == is.member => {
                done.replaced.insert(was.version, number);
            }
            Some(was) => {
                done.removed.insert(was.version);
                done.added.push(number);
            }
            None => done.added.push(number),
        }
        done.counting.add(is, of.order.as_bytes());
        done.new.push((number, version));
        Ok(())
    }
}
