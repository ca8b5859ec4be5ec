//! Members: who has orders and balances, and where they are paid.

use std::collections::BTreeMap;

use paydirt_ledger::MemberId;
use paydirt_schedule::Timestamp;

use crate::codec::instant;
use crate::counters::{self, Counter};
use crate::db::{Connection, Many, ids, many, query};
use crate::numbers::{MemberNumber, PoolNumber};
use crate::{BooksError, Session};

/// Codes looked for in one statement.
const AT_ONCE: usize = 10_000;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub number: MemberNumber,
    /// Its code: what orders and reports call it.
    pub code: MemberId,
    /// Its name.
    pub name: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Why nothing is paid to it at the moment.
    pub frozen: Option<String>,
    /// When it came into the books.
    pub added_at: Timestamp,
}

/// A member to be added, or changed to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberData {
    /// Its code.
    pub code: MemberId,
    /// Its name.
    pub name: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
}

/// Where a member of a pool is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAddress {
    /// The address, in the chain's own canonical text.
    pub address: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// From when on it may be paid.
    pub usable_from: Timestamp,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    number: i64,
    code: String,
    name: Option<String>,
    phone: Option<String>,
    frozen: Option<String>,
    added_at: i64,
}

impl MemberRow {
    fn member(self) -> Member {
        Member {
            number: MemberNumber(self.number),
            code: MemberId::new(self.code),
            name: self.name,
            phone: self.phone,
            frozen: self.frozen,
            added_at: instant(self.added_at),
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, code, name, phone, frozen, added_at FROM member ",
            $rest
        )
    };
}

/// The members of these codes; codes that nobody has are absent.
pub(crate) async fn by_codes<'a>(
    connection: &mut Connection,
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, Member>, BooksError> {
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut found = BTreeMap::new();
    for some in codes.chunks(AT_ONCE) {
        let asked = query(select!("WHERE code IN TEXTS($1)")).bind(ids(some));
        let rows: Vec<MemberRow> = asked.fetch_all(connection).await?;
        found.extend(rows.into_iter().map(|row| (row.code.clone(), row.member())));
    }
    Ok(found)
}

/// Adds members, in this order.
pub(crate) async fn add(
    connection: &mut Connection,
    members: &[MemberData],
    now: Timestamp,
) -> Result<Vec<MemberNumber>, BooksError> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let first = counters::take(connection, Counter::Member, members.len()).await?;
    let statement = Many {
        before: "INSERT INTO member (number, code, name, phone, added_at)",
        after: "",
    };
    let numbered = || (first..).zip(members);
    many(
        connection,
        &statement,
        numbered(),
        |(number, member), values| {
            values.extend([
                number.into(),
                member.code.as_str().into(),
                (&member.name).into(),
                (&member.phone).into(),
                now.into(),
            ]);
            Ok(())
        },
    )
    .await?;
    Ok(numbered().map(|(number, _)| MemberNumber(number)).collect())
}

impl Session {
    /// The members of these codes, by code; codes that nobody has are absent.
    ///
    /// # Errors
    /// `Database`.
    pub async fn members_by_code<'a>(
        &mut self,
        codes: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Member>, BooksError> {
        by_codes(&mut self.connection, codes).await
    }

    /// The codes of these members.
    ///
    /// # Errors
    /// `Database`.
    pub async fn codes_of(
        &mut self,
        members: impl IntoIterator<Item = MemberNumber>,
    ) -> Result<BTreeMap<MemberNumber, MemberId>, BooksError> {
        let members: Vec<i64> = members.into_iter().map(MemberNumber::get).collect();
        let mut codes = BTreeMap::new();
        for some in members.chunks(AT_ONCE) {
            let sql = "SELECT number, code FROM member WHERE number IN NUMBERS($1)";
            let asked = query(sql).bind(format!("{some:?}"));
            let rows: Vec<(i64, String)> = asked.fetch_all(&mut self.connection).await?;
            let named = |(number, code)| (MemberNumber(number), MemberId::new(code));
            codes.extend(rows.into_iter().map(named));
        }
        Ok(codes)
    }

    /// The member of a code.
    ///
    /// # Errors
    /// `Unknown`, `Database`.
    pub async fn member(&mut self, code: &MemberId) -> Result<Member, BooksError> {
        let asked = query(select!("WHERE code = $1")).bind(code.as_str());
        let row: Option<MemberRow> = asked.fetch_optional(&mut self.connection).await?;
        row.map(MemberRow::member)
            .ok_or_else(|| BooksError::Unknown {
                what: format!("member {code}"),
                cure: "import it, or look for it with `paydirt members find`".into(),
            })
    }

    /// Members by code after `after`, at most `limit`.
    ///
    /// # Errors
    /// `Database`.
    pub async fn members_after(
        &mut self,
        after: Option<&MemberId>,
        limit: u32,
    ) -> Result<Vec<Member>, BooksError> {
        let asked = query(select!("WHERE code > $1 ORDER BY code LIMIT $2"))
            .bind(after.map_or("", MemberId::as_str))
            .bind(limit);
        let rows: Vec<MemberRow> = asked.fetch_all(&mut self.connection).await?;
        Ok(rows.into_iter().map(MemberRow::member).collect())
    }

    /// Members whose name, telephone number or code is exactly this, or whose name or code begins
    /// with it; at most `limit`, by code.
    ///
    /// # Errors
    /// `Database`.
    pub async fn find_members(
        &mut self,
        text: &str,
        limit: u32,
    ) -> Result<Vec<Member>, BooksError> {
        // Behind everything that begins with the text, by code points.
        let end = format!("{text}\u{10ffff}");
        let asked = query(select!(
            "WHERE phone = $1 OR (name >= $1 AND name < $2) OR (code >= $1 AND code < $2) \
             ORDER BY code LIMIT $3"
        ));
        let asked = asked.bind(text).bind(end).bind(limit);
        let rows: Vec<MemberRow> = asked.fetch_all(&mut self.connection).await?;
        Ok(rows.into_iter().map(MemberRow::member).collect())
    }

    /// Adds members, in this order.
    ///
    /// # Errors
    /// `Constraint` when a code is taken; `Database`.
    pub async fn add_members(
        &mut self,
        members: &[MemberData],
        now: Timestamp,
    ) -> Result<Vec<MemberNumber>, BooksError> {
        add(&mut self.connection, members, now).await
    }

    /// Changes names and telephone numbers.
    ///
    /// # Errors
    /// `Corrupt` when a member does not exist; `Database`.
    pub async fn change_members(
        &mut self,
        members: &[(MemberNumber, MemberData)],
    ) -> Result<(), BooksError> {
        let statement = Many {
            before: "UPDATE member SET name = new.column2, phone = new.column3 FROM (",
            after: ") AS new WHERE member.number = new.column1",
        };
        let changed = many(
            &mut self.connection,
            &statement,
            members,
            |(number, member), values| {
                values.extend([
                    number.get().into(),
                    (&member.name).into(),
                    (&member.phone).into(),
                ]);
                Ok(())
            },
        )
        .await?;
        crate::balances::all_changed("members", changed, members.len())
    }

    /// Pays nothing to a member from now on, or, with `None`, pays it again.
    ///
    /// # Errors
    /// `Database`.
    pub async fn freeze_member(
        &mut self,
        member: MemberNumber,
        reason: Option<&str>,
    ) -> Result<(), BooksError> {
        query("UPDATE member SET frozen = $2 WHERE number = $1")
            .bind(member.get())
            .bind(reason)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The addresses of a pool's members that are not removed, oldest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn addresses_of(
        &mut self,
        pool: PoolNumber,
        members: impl IntoIterator<Item = MemberNumber>,
    ) -> Result<BTreeMap<MemberNumber, Vec<MemberAddress>>, BooksError> {
        let members: Vec<i64> = members.into_iter().map(MemberNumber::get).collect();
        let mut found: BTreeMap<MemberNumber, Vec<MemberAddress>> = BTreeMap::new();
        for some in members.chunks(AT_ONCE) {
            let sql = "SELECT member, address, added_at, usable_from FROM member_address \
                 WHERE pool = $1 AND member IN NUMBERS($2) AND removed_at IS NULL ORDER BY number";
            let asked = query(sql).bind(pool.get()).bind(format!("{some:?}"));
            let rows: Vec<(i64, String, i64, i64)> = asked.fetch_all(&mut self.connection).await?;
            for (member, address, added_at, usable_from) in rows {
                let of_member = found.entry(MemberNumber(member)).or_default();
                of_member.push(MemberAddress {
                    address,
                    added_at: instant(added_at),
                    usable_from: instant(usable_from),
                });
            }
        }
        Ok(found)
    }

    /// Adds addresses, each in the canonical text of the pool's chain. The newest is the one that
    /// threshold payouts go to.
    ///
    /// # Errors
    /// `Constraint` when a member has it already; `Database`.
    pub async fn add_addresses(
        &mut self,
        pool: PoolNumber,
        addresses: &[(MemberNumber, String)],
        now: Timestamp,
        usable_from: Timestamp,
    ) -> Result<(), BooksError> {
        let statement = Many {
            before: "INSERT INTO member_address (member, pool, address, added_at, usable_from)",
            after: "",
        };
        many(
            &mut self.connection,
            &statement,
            addresses,
            |(member, address), values| {
                values.extend([
                    member.get().into(),
                    pool.get().into(),
                    address.into(),
                    now.as_ms().into(),
                    usable_from.as_ms().into(),
                ]);
                Ok(())
            },
        )
        .await?;
        Ok(())
    }

    /// Removes an address; it stays in the books as one that was used.
    ///
    /// # Errors
    /// `Unknown` when the member has no such address; `Database`.
    pub async fn remove_address(
        &mut self,
        pool: PoolNumber,
        member: MemberNumber,
        address: &str,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        let sql = "UPDATE member_address SET removed_at = $4 WHERE pool = $1 AND member = $2 \
                   AND address = $3 AND removed_at IS NULL";
        let removed = query(sql)
            .bind(pool.get())
            .bind(member.get())
            .bind(address)
            .bind(now.as_ms());
        match removed.execute(&mut self.connection).await? {
            0 => Err(BooksError::Unknown {
                what: format!("address {address} of that member"),
                cure: "`paydirt members show` lists those that there are".into(),
            }),
            _ => Ok(()),
        }
    }
}
