//! JSON as Go's `encoding/json` finds things in it: keys in any case, the last one wins, objects
//! under repeated keys are merged, `null` sets nothing.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value with its keys in order, repeated ones too.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Truth(bool),
    Whole(i64),
    /// A number that is no 64-bit integer, or a list: nothing that is read here.
    Other,
    Text(String),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value at a path such as `payouts.threshold`; `null` counts as missing.
    pub(super) fn find(&self, path: &str) -> Option<&Json> {
        let (key, rest) = match path.split_once('.') {
            Some((key, rest)) => (key, Some(rest)),
            None => (path, None),
        };
        let Json::Object(entries) = self else {
            return None;
        };
        let matching = entries
            .iter()
            .rev()
            .filter(|(found, _)| found.eq_ignore_ascii_case(key));
        let mut found = matching.filter_map(|(_, value)| match rest {
            Some(rest) => value.find(rest),
            None => Some(value).filter(|value| **value != Json::Null),
        });
        found.next()
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Truth(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Other, Json::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        while list.next_element::<Json>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn keys_are_found_in_any_case_and_the_last_one_wins() {
        let file = json(r#"{"COIN":"a","coin":"b","Payouts":{"GAS":"1"},"payouts":{"gas":null}}"#);
        assert_eq!(file.find("coin"), Some(&Json::Text("b".into())));
        assert_eq!(file.find("payouts.gas"), Some(&Json::Text("1".into())));
        assert_eq!(file.find("payouts.gasPrice"), None);
        assert_eq!(file.find("coin.x"), None);
    }

    #[test]
    fn numbers_that_are_no_64_bit_integers_are_no_whole_numbers() {
        for (text, value) in [
            ("500000000", Json::Whole(500_000_000)),
            ("-1", Json::Whole(-1)),
            ("5e8", Json::Other),
            ("1.0", Json::Other),
            ("9223372036854775808", Json::Other),
            ("[1]", Json::Other),
        ] {
            assert_eq!(json(text), value, "{text}");
        }
    }
}
