//! One verdict out of what several endpoints said to a submission.

use paydirt_chain::Verdict;

/// Verdicts in the caller's order; `order` holds, for each place in the batch as it was sent, the
/// caller's place.
pub(crate) fn in_order(
    order: &[usize],
    answers: &[(&str, Result<Vec<Verdict>, String>)],
) -> Vec<Verdict> {
    let mut placed: Vec<_> = order
        .iter()
        .enumerate()
        .map(|(sent, place)| (*place, combined(sent, answers)))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Taken by any is taken; refused is what all that answered refused, for the first's reason.
fn combined(at: usize, answers: &[(&str, Result<Vec<Verdict>, String>)]) -> Verdict {
    let mut best: Option<Verdict> = None;
    let mut errors = Vec::new();
    for (name, answer) in answers {
        let verdict = match answer {
            Ok(verdicts) => verdicts.get(at),
            Err(error) => {
                errors.push(format!("{name}: {error}"));
                continue;
            }
        };
        match verdict {
            Some(verdict) if best.as_ref().is_none_or(|b| rank(verdict) > rank(b)) => {
                best = Some(verdict.clone());
            }
            Some(_) => {}
            None => errors.push(format!(
                "{name}: answered for fewer transactions than were sent"
            )),
        }
    }
    match best {
        Some(verdict) => verdict,
        None if errors.is_empty() => Verdict::Unknown("no endpoint is identified".into()),
        None => Verdict::Unknown(errors.join("; ")),
    }
}

fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Accepted => 3,
        Verdict::AlreadyKnown => 2,
        Verdict::Rejected(..) => 1,
        Verdict::Unknown(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use paydirt_chain::Rejection;

    use super::*;

    fn refused() -> Verdict {
        Verdict::Rejected(Rejection::Underpriced, "no".into())
    }

    #[test]
    fn taken_by_one_is_taken_and_an_error_is_no_refusal() {
        let answers = [
            ("a", Err("gone".to_owned())),
            ("b", Ok(vec![refused(), refused(), Verdict::AlreadyKnown])),
            (
                "c",
                Ok(vec![Verdict::Accepted, refused(), Verdict::Accepted]),
            ),
        ];
        assert_eq!(
            in_order(&[2, 0, 1], &answers),
            [refused(), Verdict::Accepted, Verdict::Accepted]
        );
        let silent = [("a", Err("gone".to_owned()))];
        assert_eq!(
            in_order(&[0], &silent),
            [Verdict::Unknown("a: gone".into())]
        );
    }
}
