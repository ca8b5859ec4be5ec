//! Values that are exact texts on the wire: written as they print, read as they parse.

macro_rules! exact_text {
    ($type:ty, $expecting:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
    };
}

exact_text!(
    crate::BaseUnits,
    "base units as a text of digits, such as \"21000\""
);
exact_text!(crate::FeeRate, "a fee rate as a text, such as \"0.15\"");
exact_text!(crate::Portion, "a portion as a text, such as \"0.25\"");
exact_text!(
    crate::Coefficient,
    "a coefficient as a text, such as \"0.8\""
);
exact_text!(crate::Power, "a power as a text, such as \"900 TB\"");
exact_text!(
    crate::PoolPower,
    "a pool's power as a text, such as \"118.95 PiB\""
);

#[cfg(test)]
mod tests {
    use crate::{Amount, BaseUnits, Coin, FeeRate, Power};

    #[test]
    fn values_are_exact_texts_in_json_and_numbers_are_refused() {
        let units: BaseUnits = serde_json::from_str("\"21000\"").unwrap();
        assert_eq!(serde_json::to_string(&units).unwrap(), "\"21000\"");
        let power: Power = serde_json::from_str("\"900 TB\"").unwrap();
        assert_eq!(serde_json::to_string(&power).unwrap(), "\"900 TB\"");
        assert!(serde_json::from_str::<FeeRate>("0.15").is_err());
        assert!(serde_json::from_str::<BaseUnits>("21000").is_err());
        let error = serde_json::from_str::<FeeRate>("\"15%\"")
            .unwrap_err()
            .to_string();
        assert!(error.contains("at most 6 decimals, as 0.15"), "{error}");
        let amount = Amount::from_units(1_500_000_000, Coin::ETH);
        assert_eq!(serde_json::to_string(&amount).unwrap(), "\"1.5 ETH\"");
    }
}
