//! Reads the values of a section by their types.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use config::ValueKind;
use secrecy::SecretString;

use super::fault::Fault;
use super::layers::Origin;
use super::section::{Section, text_of};
use super::url::SecretUrl;
use super::words::{digits, excerpt, one_of};

impl Section<'_> {
    /// A text that `parse` reads; `None` if it is not set, or wrong (then reported).
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let Some((text, origin)) = self.text(key) else {
            self.show_unset(key);
            return None;
        };
        self.show(key, &text, &origin);
        parse(&text).map_err(|fault| self.fault(key, fault)).ok()
    }

    /// The same where there is a default, in the form in which it would be written.
    pub(super) fn or<T>(
        &self,
        key: &'static str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let (text, origin) = self
            .text(key)
            .unwrap_or_else(|| (default.to_owned(), Origin::Default));
        self.show(key, &text, &origin);
        parse(&text).map_err(|fault| self.fault(key, fault)).ok()
    }

    /// The same where a whole number may also stand without quotes.
    pub(super) fn word_or_number<T>(
        &self,
        key: &'static str,
        default: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let number = self.given(key).and_then(|given| match &given.value.kind {
            ValueKind::I64(number) => Some((number.to_string(), given.origin)),
            _ => None,
        });
        match (number, default) {
            (Some((text, origin)), _) => {
                self.show(key, &text, &origin);
                parse(&text).map_err(|fault| self.fault(key, fault)).ok()
            }
            (None, Some(default)) => self.or(key, default, parse),
            (None, None) => self.optional(key, parse),
        }
    }

    /// The same where it must be set.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        cure: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.given(key).is_none() {
            self.fault(key, Fault::new("is missing", cure));
        }
        self.optional(key, parse)
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        default: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        self.or(key, default, |text| one_of(text, words))
    }

    /// A whole number in this range.
    pub(super) fn whole_or(
        &self,
        key: &'static str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> u64 {
        if self.given(key).is_none() {
            self.show(key, &default.to_string(), &Origin::Default);
            return default;
        }
        self.whole(key, range).unwrap_or(default)
    }

    /// A whole number in this range, if it is set.
    pub(super) fn whole(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let Some(given) = self.given(key) else {
            self.show_unset(key);
            return None;
        };
        let number = match &given.value.kind {
            ValueKind::I64(number) => u64::try_from(*number).ok(),
            ValueKind::String(text) if given.origin.only_has_text() => digits(text),
            _ => None,
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => {
                self.show(key, &number.to_string(), &given.origin);
                Some(number)
            }
            None => {
                let (from, to) = range.into_inner();
                let cure = format!("write a whole number from {from} to {to}, without quotes");
                self.fault(key, Fault::new("is no such number", cure));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag_or(&self, key: &'static str, default: bool) -> bool {
        let given = self.given(key);
        let origin = given
            .as_ref()
            .map_or(Origin::Default, |given| given.origin.clone());
        let flag = match given.as_ref().map(|given| &given.value.kind) {
            None => Some(default),
            Some(ValueKind::Boolean(flag)) => Some(*flag),
            Some(ValueKind::String(text)) if origin.only_has_text() => text.parse().ok(),
            Some(_) => None,
        };
        match flag {
            Some(flag) => self.show(key, &flag.to_string(), &origin),
            None => {
                let cure = "write true or false, without quotes";
                self.fault(key, Fault::new("is neither true nor false", cure));
            }
        }
        flag.unwrap_or(default)
    }

    /// A path, as it is meant where it was set.
    pub(super) fn path_of(&self, key: &'static str) -> Option<PathBuf> {
        let origin = self
            .given(key)
            .map_or(Origin::Default, |given| given.origin);
        self.optional(key, |text| match text {
            "" => Err(Fault::new("is empty", "give the path of a file")),
            path => Ok(origin.resolve(path)),
        })
    }

    /// Texts: a list, or in the environment a text with commas between. The outer `None`: it is
    /// neither.
    fn texts(&self, key: &'static str) -> Option<Option<(Vec<String>, Origin)>> {
        let Some(given) = self.given(key) else {
            self.show_unset(key);
            return Some(None);
        };
        let owned = |text: &str| text.trim().to_owned();
        let texts = match &given.value.kind {
            ValueKind::Array(list) => list.iter().map(|v| text_of(v).map(str::to_owned)).collect(),
            ValueKind::String(text) if given.origin.only_has_text() => {
                Some(text.split(',').map(owned).collect())
            }
            _ => None,
        };
        texts.map(|texts| Some((texts, given.origin)))
    }

    /// A list of what `parse` reads, none twice; empty if it is not set.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Vec<T>> {
        let Some(found) = self.texts(key) else {
            let cure = format!("write a list of texts, as {key} = [\"…\", \"…\"]");
            self.fault(key, Fault::new("is no list", cure));
            return None;
        };
        let Some((texts, origin)) = found else {
            return Some(Vec::new());
        };
        self.show(key, &texts.join(", "), &origin);
        let mut read = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let twice = texts.iter().take(at).any(|earlier| earlier == text);
            let parsed = match twice {
                true => Err(Fault::new("is there twice", "remove one")),
                false => parse(text),
            };
            match parsed {
                Ok(value) => read.push(value),
                Err(Fault { what, cure }) => {
                    let what = format!("{:?}: {what}", excerpt(text));
                    self.fault(key, Fault::new(what, cure));
                }
            }
        }
        (read.len() == texts.len()).then_some(read)
    }

    /// URLs that must be set, at least one.
    pub(super) fn urls(
        &self,
        key: &'static str,
        schemes: &[&str],
        example: &str,
    ) -> Option<Vec<SecretUrl>> {
        let cure = format!("name at least one node, as {key} = [\"{example}\"]");
        let found = self.texts(key).flatten();
        let Some((texts, origin)) = found.filter(|(texts, _)| !texts.is_empty()) else {
            self.fault(key, Fault::new("is no list of URLs", cure));
            return None;
        };
        let read = |text: &String| SecretUrl::parse(text, schemes, example);
        match texts.iter().map(read).collect::<Result<Vec<_>, _>>() {
            Ok(urls) => {
                let shown: Vec<String> = urls.iter().map(ToString::to_string).collect();
                self.show(key, &shown.join(", "), &origin);
                Some(urls)
            }
            Err(fault) => {
                self.fault(key, fault);
                None
            }
        }
    }

    /// One URL that must be set.
    pub(super) fn url(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<SecretUrl, Fault>,
    ) -> Option<SecretUrl> {
        let Some((text, origin)) = self.text(key) else {
            self.show_unset(key);
            return None;
        };
        match parse(&text) {
            Ok(url) => {
                self.show(key, &url, &origin);
                Some(url)
            }
            Err(fault) => {
                self.fault(key, fault);
                None
            }
        }
    }

    /// A secret: refused where it would stay in a file, or in the list of processes.
    pub(super) fn secret(&self, key: &'static str, file_key: &str) -> Option<SecretString> {
        let Some((text, origin)) = self.text(key) else {
            self.show_unset(key);
            return None;
        };
        if !matches!(origin, Origin::Environment | Origin::OpenEthereumPool(_)) {
            let cure = format!("write it into a file, and name that by {file_key}");
            self.fault(key, Fault::new("a secret does not belong here", cure));
            return None;
        }
        self.show(key, &"***", &origin);
        Some(text.into())
    }
}
