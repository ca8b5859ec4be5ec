//! The few words that the databases spell differently.
//!
//! | in a statement | SQLite | PostgreSQL |
//! |---|---|---|
//! | `TEXTS($1)` | each text of a JSON list | the same |
//! | `NUMBERS($1)` | each number of a JSON list | the same |
//! | `PAIRS($1)` | each pair of texts of a JSON list, as columns `one` and `two` | the same |
//! | `FOR UPDATE` | nothing: the write lock is taken already | locks the rows, and lets others refer to them |
//! | `IS SAME AS` | `IS` | `IS NOT DISTINCT FROM` |

use std::borrow::Cow;

const TEXTS: &str = "TEXTS(";
const NUMBERS: &str = "NUMBERS(";
const PAIRS: &str = "PAIRS(";
const FOR_UPDATE: &str = " FOR UPDATE";
const SAME: &str = "IS SAME AS";

pub(super) fn for_sqlite(sql: Cow<'static, str>) -> Cow<'static, str> {
    let sql = called(sql, TEXTS, "(SELECT value FROM json_each(", "))");
    let sql = called(sql, NUMBERS, "(SELECT value FROM json_each(", "))");
    let pairs = "(SELECT value ->> 0 AS one, value ->> 1 AS two FROM json_each(";
    let sql = called(sql, PAIRS, pairs, "))");
    let sql = replaced(sql, FOR_UPDATE, "");
    replaced(sql, SAME, "IS")
}

pub(super) fn for_postgres(sql: Cow<'static, str>) -> Cow<'static, str> {
    const LIST: &str = "jsonb_array_elements_text(CAST(";
    let texts = format!("(SELECT {LIST}");
    let numbers = format!("(SELECT CAST({LIST}");
    let sql = called(sql, TEXTS, &texts, " AS JSONB)))");
    let sql = called(sql, NUMBERS, &numbers, " AS JSONB)) AS BIGINT))");
    let pairs = "(SELECT item ->> 0 AS one, item ->> 1 AS two \
                 FROM jsonb_array_elements(CAST(";
    let sql = called(sql, PAIRS, pairs, " AS JSONB)) AS item)");
    let sql = replaced(sql, FOR_UPDATE, " FOR NO KEY UPDATE");
    replaced(sql, SAME, "IS NOT DISTINCT FROM")
}

fn replaced(sql: Cow<'static, str>, word: &str, by: &str) -> Cow<'static, str> {
    if sql.contains(word) {
        sql.replace(word, by).into()
    } else {
        sql
    }
}

/// Each `word…)` becomes `before…after`; what is called with has no parentheses of its own.
fn called(sql: Cow<'static, str>, word: &str, before: &str, after: &str) -> Cow<'static, str> {
    if !sql.contains(word) {
        return sql;
    }
    let mut out = String::with_capacity(sql.len().saturating_add(before.len()));
    let mut rest: &str = &sql;
    while let Some((head, tail)) = rest.split_once(word) {
        out.push_str(head);
        let Some((argument, tail)) = tail.split_once(')') else {
            out.push_str(word);
            rest = tail;
            continue;
        };
        out.push_str(before);
        out.push_str(argument);
        out.push_str(after);
        rest = tail;
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_reads_its_own_words() {
        let sql = "SELECT a FROM t WHERE id IN TEXTS($1) AND n IN NUMBERS($2) \
                   AND b IS SAME AS $3 FOR UPDATE";
        assert_eq!(
            for_sqlite(sql.into()),
            "SELECT a FROM t WHERE id IN (SELECT value FROM json_each($1)) \
             AND n IN (SELECT value FROM json_each($2)) AND b IS $3"
        );
        assert_eq!(
            for_postgres(sql.into()),
            "SELECT a FROM t WHERE id IN \
             (SELECT jsonb_array_elements_text(CAST($1 AS JSONB))) \
             AND n IN (SELECT CAST(jsonb_array_elements_text(CAST($2 AS JSONB)) AS BIGINT)) \
             AND b IS NOT DISTINCT FROM $3 FOR NO KEY UPDATE"
        );
    }

    #[test]
    fn what_both_read_stays() {
        let sql = Cow::Borrowed("SELECT 1");
        assert!(matches!(for_sqlite(sql.clone()), Cow::Borrowed("SELECT 1")));
        assert!(matches!(for_postgres(sql), Cow::Borrowed("SELECT 1")));
    }
}
