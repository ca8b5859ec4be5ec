//! One section of the configuration: what is wrong in it goes to the report, and the reading goes
//! on. The `values` of its keys are read by type.

use std::cell::RefCell;
use std::fmt::Display;
use std::path::PathBuf;

use config::{Map, Value, ValueKind};

use super::fault::{Fault, Problem, nearest};
use super::layers::Origin;
use super::words::{excerpt, is_name};

/// An effective setting, for people: secrets and credentials are not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key, such as `chain.eth.timeout_ms`.
    pub key: String,
    /// The value; empty where nothing is set and there is no default.
    pub value: String,
    /// Where it was set: a file, `the environment`, `the command line`, or `default`.
    pub from: String,
}

/// What the reading came to.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) problems: Vec<Problem>,
    pub(super) shown: Vec<Shown>,
}

/// One table of the configuration.
pub(super) struct Section<'v> {
    path: String,
    table: Option<&'v Map<String, Value>>,
    report: &'v RefCell<Report>,
    known: RefCell<Vec<&'static str>>,
}

/// A value as it was set, with where.
pub(super) struct Given<'v> {
    pub(super) value: &'v Value,
    pub(super) origin: Origin,
}

impl<'v> Section<'v> {
    pub(super) fn root(tree: &'v Value, report: &'v RefCell<Report>) -> Section<'v> {
        let table = match &tree.kind {
            ValueKind::Table(table) => Some(table),
            _ => None,
        };
        Section::new(String::new(), table, report)
    }

    fn new(
        path: String,
        table: Option<&'v Map<String, Value>>,
        report: &'v RefCell<Report>,
    ) -> Section<'v> {
        Section {
            path,
            table,
            report,
            known: RefCell::default(),
        }
    }

    /// The table below this key; an empty one if it is missing.
    pub(super) fn below(&self, key: &'static str) -> Section<'v> {
        let table = self.given(key).and_then(|given| match &given.value.kind {
            ValueKind::Table(table) => Some(table),
            _ => {
                let cure = format!("write a section [{}]", self.key(key));
                self.fault(key, Fault::new("is a value", cure));
                None
            }
        });
        Section::new(self.key(key), table, self.report)
    }

    /// The tables `[key.NAME]`, by name.
    pub(super) fn named(&self, key: &'static str) -> Vec<(String, Section<'v>)> {
        let all = self.below(key);
        let mut found = Vec::new();
        for (name, value) in all.table.into_iter().flatten() {
            let path = all.key(name);
            let ValueKind::Table(table) = &value.kind else {
                let cure = format!("write a section [{}]", all.key("NAME"));
                self.problem(path, Some(value), Fault::new("is a value", cure));
                continue;
            };
            if !is_name(name) {
                let cure = "name it with a-z, 0-9 and _, so that the environment can set it";
                let what = format!("{:?} is no name", excerpt(name));
                self.problem(all.key(&excerpt(name)), Some(value), Fault::new(what, cure));
                continue;
            }
            found.push((name.clone(), Section::new(path, Some(table), self.report)));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// Reports each key that was not asked for. Comes last.
    pub(super) fn finish(self) {
        let known = self.known.borrow();
        let mut keys: Vec<_> = self.table.into_iter().flatten().collect();
        keys.sort_by_key(|(key, _)| key.as_str());
        for (key, value) in keys
            .into_iter()
            .filter(|(key, _)| !known.contains(&key.as_str()))
        {
            let cure = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("remove it; known here: {}", known.join(", ")),
            };
            let fault = Fault::new("is not a key known here", cure);
            self.problem(self.key(&excerpt(key)), Some(value), fault);
        }
    }

    /// Whether a layer sets this key, rightly or wrongly.
    pub(super) fn is_set(&self, key: &str) -> bool {
        let value = self.table.and_then(|table| table.get(key));
        value.is_some_and(|value| value.kind != ValueKind::Nil)
    }

    /// Where relative paths in this key's value begin.
    pub(super) fn folder_of(&self, key: &'static str) -> PathBuf {
        self.given(key)
            .map_or_else(PathBuf::new, |given| given.origin.resolve(""))
    }

    /// Knows these keys without reading them.
    pub(super) fn ignore(&self, keys: &[&'static str]) {
        for key in keys {
            self.given(key);
        }
    }

    /// Knows these keys, which have no place here, and reports each that is set.
    pub(super) fn refuse(&self, keys: &[&'static str], what: &str) {
        self.ignore(keys);
        for key in keys.iter().filter(|key| self.is_set(key)) {
            self.fault(key, Fault::new(what, "remove it"));
        }
    }

    /// Reports what is wrong with a key of this section.
    pub(super) fn fault(&self, key: &str, fault: Fault) {
        let value = self.table.and_then(|table| table.get(key));
        self.problem(self.key(key), value, fault);
    }

    fn problem(&self, key: String, value: Option<&Value>, fault: Fault) {
        let origin = value.and_then(|value| Origin::of(value).shown());
        let Fault { what, cure } = fault;
        self.report.borrow_mut().problems.push(Problem {
            key,
            origin,
            what,
            cure,
        });
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    pub(super) fn given(&self, key: &'static str) -> Option<Given<'v>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        let value = self
            .table?
            .get(key)
            .filter(|value| value.kind != ValueKind::Nil)?;
        Some(Given {
            value,
            origin: Origin::of(value),
        })
    }

    pub(super) fn text(&self, key: &'static str) -> Option<(String, Origin)> {
        let given = self.given(key)?;
        match text_of(given.value) {
            Some(text) => Some((text.to_owned(), given.origin)),
            None => {
                self.fault(key, Fault::new("is no text", "write it in quotes"));
                None
            }
        }
    }

    pub(super) fn show(&self, key: &str, value: &impl Display, origin: &Origin) {
        let from = origin.shown().unwrap_or_else(|| "default".into());
        let shown = Shown {
            key: self.key(key),
            value: value.to_string(),
            from,
        };
        let mut report = self.report.borrow_mut();
        report.shown.retain(|earlier| earlier.key != shown.key);
        report.shown.push(shown);
    }

    pub(super) fn show_unset(&self, key: &str) {
        self.show(key, &"", &Origin::Default);
    }
}

pub(super) fn text_of(value: &Value) -> Option<&str> {
    match &value.kind {
        ValueKind::String(text) => Some(text),
        _ => None,
    }
}
