//! Whether a member may be paid at an address.

use paydirt_books::MemberAddress;
use paydirt_schedule::Timestamp;

use crate::WithdrawalError;

/// Checks that an address (canonical) is none of the pool's `own`, is in the member's `book`, and
/// has cooled down.
///
/// # Errors
/// `Refused` with the reason and the cure.
pub fn check(
    address: &str,
    member: &str,
    own: &[String],
    book: &[MemberAddress],
    now: Timestamp,
) -> Result<(), WithdrawalError> {
    if own.iter().any(|known| known == address) {
        return Err(WithdrawalError::refused(
            format!("{address} is the pool's own wallet: it would pay itself"),
            "name an address of the member's own",
        ));
    }
    match book.iter().find(|known| known.address == address) {
        Some(known) if known.usable_from > now => Err(WithdrawalError::refused(
            format!(
                "{address} was added at {} and can be used from {} on",
                known.added_at, known.usable_from
            ),
            "wait until then, or name an address that has been there longer",
        )),
        Some(_) => Ok(()),
        None => Err(WithdrawalError::refused(
            format!("{address} is not in the address book of member {member}"),
            match book {
                [] => "add it with `paydirt members address MEMBER --add ADDRESS`".to_owned(),
                _ => "name one of `paydirt members address MEMBER`, or add it there: it can be \
                      used once it has cooled down"
                    .to_owned(),
            },
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_book_and_has_cooled_down_is_paid() {
        let at = Timestamp::from_ms;
        let known = |address: &str, from| MemberAddress {
            address: address.to_owned(),
            added_at: at(0),
            usable_from: at(from),
        };
        let book = [known("a", 0), known("b", 11), known("pool", 0)];
        let own = ["pool".to_owned()];
        let check = |address, book: &[MemberAddress]| check(address, "m", &own, book, at(10));
        check("a", &book).unwrap();
        for (address, what) in [
            ("b", "can be used from"),
            ("c", "not in the address book"),
            ("pool", "pay itself"),
        ] {
            let refused = check(address, &book).unwrap_err().to_string();
            assert!(refused.contains(what), "{refused}");
        }
        assert!(check("a", &[]).unwrap_err().to_string().contains("--add"));
    }
}
