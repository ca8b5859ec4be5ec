//! Several nodes of one chain: fail over for readings, agreement for verdicts.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{BoxFuture, join_all};

use crate::{ChainError, Identity};

/// A chain's endpoints in order of preference. An endpoint is used only while it is identified;
/// one that fails to answer is unused until it was identified again.
#[derive(Debug)]
pub struct Endpoints<N> {
    nodes: Vec<Endpoint<N>>,
    quorum: usize,
}

#[derive(Debug)]
struct Endpoint<N> {
    name: String,
    node: N,
    identified: AtomicBool,
}

impl<N: Send + Sync> Endpoints<N> {
    /// Endpoints by name; the first `quorum` of them give verdicts (at least one, at most all).
    pub fn new(nodes: impl IntoIterator<Item = (String, N)>, quorum: Option<usize>) -> Self {
        let nodes: Vec<_> = nodes
            .into_iter()
            .map(|(name, node)| Endpoint {
                name,
                node,
                identified: AtomicBool::new(false),
            })
            .collect();
        let quorum = quorum.unwrap_or(nodes.len()).clamp(1, nodes.len().max(1));
        Self { nodes, quorum }
    }

    /// Asks every endpoint, identified or not, all at once.
    pub async fn each<T, F>(&self, ask: F) -> Vec<(&str, Result<T, String>)>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let answers = join_all(self.nodes.iter().map(|e| ask(&e.node))).await;
        self.nodes
            .iter()
            .map(|e| e.name.as_str())
            .zip(answers)
            .collect()
    }

    /// Asks every endpoint who it is and remembers which ones answered `expected` (or, without an
    /// expectation, the same as the first that answered).
    ///
    /// # Errors
    /// `WrongChain` when one of them is on another chain, `Unreachable` when none answered; then
    /// none is used.
    pub async fn identify<F>(
        &self,
        expected: Option<&Identity>,
        ask: F,
    ) -> Result<Identity, ChainError>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<Identity, String>>,
    {
        let answers = self.each(ask).await;
        self.nodes
            .iter()
            .for_each(|e| e.identified.store(false, Ordering::SeqCst));
        let mut agreed = expected.cloned();
        let mut silent = Vec::new();
        let mut answered = Vec::new();
        for (endpoint, (name, answer)) in self.nodes.iter().zip(answers) {
            match answer {
                Err(error) => silent.push(format!("{name}: {error}")),
                Ok(found) => {
                    let expected = agreed.get_or_insert_with(|| found.clone()).clone();
                    if found != expected {
                        let endpoint = name.to_owned();
                        return Err(ChainError::WrongChain {
                            endpoint,
                            expected,
                            found,
                        });
                    }
                    answered.push(endpoint);
                }
            }
        }
        match agreed {
            Some(identity) if !answered.is_empty() => {
                for endpoint in answered {
                    endpoint.identified.store(true, Ordering::SeqCst);
                }
                Ok(identity)
            }
            _ => Err(ChainError::Unreachable {
                detail: silent.join("; "),
            }),
        }
    }

    /// A reading: the answer of the first identified endpoint that gives one.
    ///
    /// # Errors
    /// `Unreachable` with each endpoint's error.
    pub async fn first<T, F>(&self, ask: F) -> Result<T, ChainError>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let mut errors = Vec::new();
        for endpoint in &self.nodes {
            if !endpoint.identified.load(Ordering::SeqCst) {
                errors.push(format!("{}: not identified yet", endpoint.name));
                continue;
            }
            match ask(&endpoint.node).await {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    endpoint.identified.store(false, Ordering::SeqCst);
                    errors.push(format!("{}: {error}", endpoint.name));
                }
            }
        }
        Err(ChainError::Unreachable {
            detail: errors.join("; "),
        })
    }

    /// Every identified endpoint's answer with its name.
    ///
    /// # Errors
    /// `NoVerdict` when one of them fails to answer; `Unreachable` when none is identified.
    pub async fn all_identified<T, F>(
        &self,
        what: &str,
        ask: F,
    ) -> Result<Vec<(&str, T)>, ChainError>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let used: Vec<_> = self
            .nodes
            .iter()
            .filter(|e| e.identified.load(Ordering::SeqCst))
            .collect();
        if used.is_empty() {
            return Err(ChainError::Unreachable {
                detail: "none is identified".into(),
            });
        }
        self.answers_of(&used, what, ask).await
    }

    /// Asks every identified endpoint, all at once, and keeps each one's answer or error: for
    /// submissions, where one that took it is enough. None is asked when none is identified.
    pub async fn each_identified<T, F>(&self, ask: F) -> Vec<(&str, Result<T, String>)>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let used: Vec<_> = self
            .nodes
            .iter()
            .filter(|e| e.identified.load(Ordering::SeqCst))
            .collect();
        let answers = join_all(used.iter().map(|e| ask(&e.node))).await;
        for (endpoint, _) in used
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.is_err())
        {
            endpoint.identified.store(false, Ordering::SeqCst);
        }
        used.iter().map(|e| e.name.as_str()).zip(answers).collect()
    }

    /// The answers of the verdict endpoints, each with its name.
    ///
    /// # Errors
    /// `NoVerdict` when one of them is not identified or fails to answer.
    pub async fn quorum<T, F>(&self, what: &str, ask: F) -> Result<Vec<(&str, T)>, ChainError>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let asked: Vec<_> = self.nodes.iter().take(self.quorum).collect();
        if let Some(missing) = asked.iter().find(|e| !e.identified.load(Ordering::SeqCst)) {
            return Err(ChainError::NoVerdict {
                what: what.to_owned(),
                endpoint: missing.name.clone(),
                detail: "not identified yet".into(),
            });
        }
        self.answers_of(&asked, what, ask).await
    }

    /// A verdict: what all verdict endpoints say alike.
    ///
    /// # Errors
    /// `NoVerdict` as for [`quorum`](Self::quorum), `Disagree` when answers differ.
    pub async fn agreed<T, F>(&self, what: &str, ask: F) -> Result<T, ChainError>
    where
        T: PartialEq + std::fmt::Debug,
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let mut answers = self.quorum(what, ask).await?.into_iter();
        let Some((first_name, first)) = answers.next() else {
            return Err(ChainError::Unreachable {
                detail: "no endpoint is configured".into(),
            });
        };
        for (name, answer) in answers {
            if answer != first {
                return Err(ChainError::Disagree {
                    what: what.to_owned(),
                    detail: format!(
                        "{first_name} says {}, {name} says {}",
                        shortened(&first),
                        shortened(&answer)
                    ),
                });
            }
        }
        Ok(first)
    }

    /// Names of all endpoints, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|e| e.name.as_str())
    }

    async fn answers_of<'s, T, F>(
        &'s self,
        asked: &[&'s Endpoint<N>],
        what: &str,
        ask: F,
    ) -> Result<Vec<(&'s str, T)>, ChainError>
    where
        F: for<'a> Fn(&'a N) -> BoxFuture<'a, Result<T, String>>,
    {
        let answers = join_all(asked.iter().map(|e| ask(&e.node))).await;
        let mut agreed = Vec::with_capacity(asked.len());
        for (endpoint, answer) in asked.iter().zip(answers) {
            match answer {
                Ok(answer) => agreed.push((endpoint.name.as_str(), answer)),
                Err(detail) => {
                    endpoint.identified.store(false, Ordering::SeqCst);
                    return Err(ChainError::NoVerdict {
                        what: what.to_owned(),
                        endpoint: endpoint.name.clone(),
                        detail,
                    });
                }
            }
        }
        Ok(agreed)
    }
}

/// Answers may be long lists; a message shows where they begin to be readable.
fn shortened(answer: &impl std::fmt::Debug) -> String {
    let text = format!("{answer:?}");
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
