//! A coin: its symbol, and how finely its chain counts.

use std::fmt;

use crate::MoneyError;

const SYMBOL_MAX: usize = 12;

/// A coin, compared by value: symbol and base-unit decimals.
///
/// The ledger counts every coin in units of 10^-9 ([`Coin::LEDGER_DECIMALS`]); its chain counts
/// in base units of 10^-[`decimals`](Coin::decimals) (wei, attoFIL).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coin {
    /// Zero-padded; the padding never occurs in a symbol.
    symbol: [u8; SYMBOL_MAX],
    decimals: u8,
}

impl Coin {
    /// Decimals of the ledger: one ledger unit is 10^-9 coin (Shannon for ether, nanoFIL).
    pub const LEDGER_DECIMALS: u8 = 9;
    /// Most base-unit decimals: with 27, 2^63 ledger units still fit 128 bits of base units.
    pub const MAX_DECIMALS: u8 = 27;

    /// Ether, in wei (18 decimals).
    pub const ETH: Coin = Coin {
        symbol: *b"ETH\0\0\0\0\0\0\0\0\0",
        decimals: 18,
    };
    /// Ether of Ethereum Classic, in wei (18 decimals).
    pub const ETC: Coin = Coin {
        symbol: *b"ETC\0\0\0\0\0\0\0\0\0",
        decimals: 18,
    };
    /// Filecoin, in attoFIL (18 decimals).
    pub const FIL: Coin = Coin {
        symbol: *b"FIL\0\0\0\0\0\0\0\0\0",
        decimals: 18,
    };

    /// The coins that are known by name.
    pub const KNOWN: [Coin; 3] = [Coin::ETH, Coin::ETC, Coin::FIL];

    /// A coin of a 1 to 12 character symbol (`A-Z`, `0-9`) and 9 to 27 base-unit decimals.
    ///
    /// # Errors
    /// [`MoneyError::BadSymbol`] or [`MoneyError::BadDecimals`].
    pub fn new(symbol: &str, decimals: u8) -> Result<Coin, MoneyError> {
        let bytes = symbol.as_bytes();
        let fits = (1..=SYMBOL_MAX).contains(&bytes.len());
        let plain = bytes
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !fits || !plain {
            return Err(MoneyError::BadSymbol {
                symbol: symbol.chars().take(40).collect(),
            });
        }
        if !(Self::LEDGER_DECIMALS..=Self::MAX_DECIMALS).contains(&decimals) {
            return Err(MoneyError::BadDecimals {
                symbol: symbol.to_owned(),
                decimals,
            });
        }
        let mut stored = [0; SYMBOL_MAX];
        for (slot, byte) in stored.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Ok(Coin {
            symbol: stored,
            decimals,
        })
    }

    /// The known coin of this symbol, if there is one.
    #[must_use]
    pub fn known(symbol: &str) -> Option<Coin> {
        Self::KNOWN.into_iter().find(|coin| coin.symbol() == symbol)
    }

    /// The symbol, such as `ETH`.
    #[must_use]
    pub fn symbol(&self) -> &str {
        let padded = std::str::from_utf8(&self.symbol).unwrap_or_default();
        padded.trim_end_matches('\0')
    }

    /// Decimals of the base unit: 18 for wei.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// Base units in one ledger unit: 10^(decimals - 9), at most 10^18.
    #[must_use]
    pub fn base_units_per_ledger_unit(&self) -> u128 {
        let places = self.decimals.saturating_sub(Self::LEDGER_DECIMALS);
        // At most 10^18 by the range checked in `new`: never saturates.
        10_u128.saturating_pow(u32::from(places))
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

impl fmt::Debug for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Coin({}, {} decimals)", self.symbol(), self.decimals)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Coin {
    /// As its symbol.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_is_equal_by_value_and_prints_its_symbol() {
        assert_eq!(Coin::new("ETH", 18).unwrap(), Coin::ETH);
        assert_ne!(Coin::new("ETH", 12).unwrap(), Coin::ETH);
        assert_eq!(
            Coin::new("ABCDEFGHIJ12", 9).unwrap().to_string(),
            "ABCDEFGHIJ12"
        );
        assert_eq!(Coin::known("FIL"), Some(Coin::FIL));
        assert_eq!(Coin::known("fil"), None);
        assert_eq!(size_of::<Coin>(), 13);
    }

    #[test]
    fn symbols_and_decimals_out_of_range_are_refused() {
        for bad in ["", "eth", "ABCDEFGHIJ123", "ET H", "ETH\0", "ＥＴＨ", "É"] {
            assert!(
                matches!(Coin::new(bad, 18), Err(MoneyError::BadSymbol { .. })),
                "{bad}"
            );
        }
        for bad in [0, 8, 28, 255] {
            assert!(
                matches!(Coin::new("X", bad), Err(MoneyError::BadDecimals { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn one_ledger_unit_in_base_units() {
        assert_eq!(Coin::ETH.base_units_per_ledger_unit(), 1_000_000_000);
        assert_eq!(Coin::new("X", 9).unwrap().base_units_per_ledger_unit(), 1);
        assert_eq!(
            Coin::new("X", 27).unwrap().base_units_per_ledger_unit(),
            10_u128.pow(18)
        );
    }
}
