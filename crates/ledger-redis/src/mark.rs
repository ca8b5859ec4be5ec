//! The mark of a leg in flight, as text.

use std::fmt::Write;

use paydirt_ledger::{
    HeldLeg, LedgerError, Leg, LegId, LegSource, MemberId, MoveContext, PaymentId, WalletId,
};
use paydirt_money::{Amount, Coin};
use paydirt_schedule::Timestamp;

/// `h|<login>:<amount>|<payment>|<wallet>|<address>|<unix ms>`
pub(crate) fn held(context: &MoveContext, payment: PaymentId, leg: &Leg, units: &str) -> String {
    let mut mark = format!("h|{}:{units}|{payment}|", leg.member);
    escape(context.wallet.as_str(), &mut mark);
    mark.push('|');
    escape(leg.address.as_str(), &mut mark);
    // Writing to a String can't fail.
    let _ = write!(mark, "|{}", context.at.as_ms());
    mark
}

/// Reads it back.
pub(crate) fn read(id: &str, mark: &str, coin: Coin) -> Result<HeldLeg, LedgerError> {
    parse(id, mark, coin).ok_or_else(|| LedgerError::BadEntry {
        entry: format!("paydirt:legs {id}"),
        found: mark.to_owned(),
    })
}

fn parse(id: &str, mark: &str, coin: Coin) -> Option<HeldLeg> {
    // From the end: a login may hold any character, the others do not.
    let mut fields = mark.strip_prefix("h|")?.rsplitn(5, '|');
    let at = Timestamp::from_ms(fields.next()?.parse().ok()?);
    let address = unescape(fields.next()?);
    let wallet = WalletId::new(unescape(fields.next()?));
    let payment = fields.next()?.parse().ok()?;
    let (login, units) = fields.next()?.rsplit_once(':')?;
    let amount = Amount::from_units(units_of(units)?, coin);
    let leg: LegId = id.parse().ok()?;
    Some(HeldLeg {
        leg,
        payment,
        wallet,
        member: MemberId::new(login),
        address,
        amount,
        source: LegSource::Threshold,
        at,
    })
}

/// A whole number as Redis' own HINCRBY takes it: `-` or no sign, no leading zeros, 64 bits.
pub(crate) fn units_of(text: &str) -> Option<i64> {
    let units: i64 = text.parse().ok()?;
    (units.to_string() == text).then_some(units)
}

fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '%' => into.push_str("%25"),
            '|' => into.push_str("%7C"),
            other => into.push(other),
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("%7C", "|").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_redis_counts_with_are_numbers() {
        for (text, units) in [
            ("0", Some(0)),
            ("-7", Some(-7)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("07", None),
            ("-0", None),
            ("+7", None),
            (" 7", None),
            ("7.0", None),
            ("1e3", None),
            ("", None),
        ] {
            assert_eq!(units_of(text), units, "{text:?}");
        }
    }

    #[test]
    fn a_mark_with_odd_names_reads_back_as_written() {
        let id = LegId::new();
        let payment = PaymentId::new();
        let mut mark = format!("h|a|b:c:12|{payment}|");
        escape("net|1%7C/x", &mut mark);
        mark.push('|');
        escape("0x%25|", &mut mark);
        mark.push_str("|1795208817000");
        let leg = parse(&id.to_string(), &mark, Coin::ETH).unwrap();
        assert_eq!(leg.member.as_str(), "a|b:c");
        assert_eq!(leg.amount.units(), 12);
        assert_eq!(leg.wallet.as_str(), "net|1%7C/x");
        assert_eq!(leg.address, "0x%25|");
        assert_eq!((leg.leg, leg.payment), (id, payment));
        assert!(read("x", "s|a:1||5", Coin::ETH).is_err());
    }
}
