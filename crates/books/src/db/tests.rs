//! What both databases do alike, and what only PostgreSQL needs.

use super::{Connection, InOrder, Many, Value, many, query};
use crate::Books;

const INSERT: Many = Many {
    before: "INSERT INTO thing (number, name, bytes)",
    after: "",
};
const RENAME: Many = Many {
    before: "UPDATE thing SET name = new.column2 FROM (",
    after: ") AS new WHERE thing.number = new.column1",
};

/// A transaction in which there is a table.
async fn with_a_table(books: &Books, bytes: &str) -> Connection {
    let mut on = books.write().await.unwrap();
    let create = match bytes {
        "BLOB" => "CREATE TABLE thing (number BIGINT PRIMARY KEY, name TEXT, bytes BLOB)",
        _ => "CREATE TABLE thing (number BIGINT PRIMARY KEY, name TEXT, bytes BYTEA)",
    };
    query(create).execute(&mut on).await.unwrap();
    on
}

fn row(number: i64, values: &mut Vec<Value>) -> Result<(), sqlx::Error> {
    let name = (number % 3 != 0).then(|| format!("n{number}"));
    let bytes = (number % 2 == 0).then(|| number.to_be_bytes().to_vec());
    values.extend([number.into(), name.into(), bytes.into()]);
    Ok(())
}

const COUNT: i64 = 70_000;

async fn many_rows_go_whole(mut on: Connection) {
    let inserted = many(&mut on, &INSERT, 0..COUNT, row).await.unwrap();
    assert_eq!(inserted, 70_000);
    let sql = "SELECT number, name, bytes FROM thing ORDER BY number";
    let mut expected = 0;
    let each = |found: (i64, Option<String>, Option<Vec<u8>>)| -> Result<(), sqlx::Error> {
        let mut values = Vec::new();
        row(expected, &mut values)?;
        let (number, name, bytes) = found;
        assert_eq!(values, [number.into(), name.into(), bytes.into()]);
        expected += 1;
        Ok(())
    };
    query(sql).for_each(&mut on, each).await.unwrap();
    assert_eq!(expected, COUNT);
    // Two of them exist.
    let renamed = many(&mut on, &RENAME, [5, 6, COUNT], |number, values| {
        values.extend([number.into(), "renamed".into()]);
        Ok(())
    });
    assert_eq!(renamed.await.unwrap(), 2);
    let none = many(&mut on, &INSERT, [], row).await.unwrap();
    assert_eq!(none, 0);
    many_rows_come_in_order(on).await;
}

const THINGS: InOrder = InOrder {
    columns: "number, name",
    sql: "SELECT number, name FROM thing WHERE number >= $1 AND number > $2 ORDER BY number",
};

async fn many_rows_come_in_order(mut on: Connection) {
    let odd = "quote \" backslash \\ line\n 算力";
    let sql = "UPDATE thing SET name = $1 WHERE number = 7";
    let renamed = query(sql).bind(odd).execute(&mut on).await.unwrap();
    assert_eq!(renamed, 1);
    for first in [3_i64, COUNT - 4_096, COUNT - 1, COUNT] {
        let mut expected = first;
        let each = |(number, name): (i64, Option<String>)| {
            assert_eq!(number, expected);
            match number {
                5 | 6 => assert_eq!(name.as_deref(), Some("renamed")),
                7 => assert_eq!(name.as_deref(), Some(odd)),
                _ => assert_eq!(name.is_some(), number % 3 != 0),
            }
            expected += 1;
            Ok::<i64, sqlx::Error>(number)
        };
        let values = vec![first.into()];
        THINGS.for_each(&mut on, values, each).await.unwrap();
        assert_eq!(expected, COUNT);
    }
}

mod sqlite {
    use super::*;

    #[tokio::test]
    async fn many_rows_of_all_kinds_go_in_few_statements() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("books.db").display());
        let books = Books::connect(&url).await.unwrap();
        many_rows_go_whole(with_a_table(&books, "BLOB").await).await;
    }

    #[tokio::test]
    async fn rows_out_of_order_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("books.db").display());
        let books = Books::connect(&url).await.unwrap();
        let mut on = with_a_table(&books, "BLOB").await;
        many(&mut on, &INSERT, 0..3, row).await.unwrap();
        let backwards = InOrder {
            columns: "number",
            sql: "SELECT number FROM thing WHERE number > $1 ORDER BY number DESC",
        };
        let each = |(number,): (i64,)| Ok::<i64, sqlx::Error>(number);
        let refused = backwards.for_each(&mut on, Vec::new(), each).await;
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("row 1 after row 2")
        );
    }
}

mod postgres {
    use paydirt_testkit::PostgresServer;

    use super::*;

    async fn server() -> (PostgresServer, Books) {
        let server = PostgresServer::start().await.unwrap();
        let books = Books::connect(&server.url()).await.unwrap();
        (server, books)
    }

    #[tokio::test]
    async fn many_rows_of_all_kinds_go_in_few_statements() {
        let (_server, books) = server().await;
        many_rows_go_whole(with_a_table(&books, "BYTEA").await).await;
    }

    #[tokio::test]
    async fn a_column_of_mixed_kinds_is_refused() {
        let (_server, books) = server().await;
        let mut on = with_a_table(&books, "BYTEA").await;
        let mixed: [Value; 2] = [1_i64.into(), "one".into()];
        let refused = many(&mut on, &INSERT, mixed, |value, values| {
            values.extend([value, None::<String>.into(), None::<Vec<u8>>.into()]);
            Ok(())
        });
        assert!(refused.await.is_err());
    }

    #[tokio::test]
    async fn a_transaction_in_which_a_statement_failed_is_not_committed() {
        let (_server, books) = server().await;
        let on = with_a_table(&books, "BYTEA").await;
        on.commit().await.unwrap();
        for wrong in ["SELECT 1 / 0", "INSERT INTO thing VALUES (1)"] {
            let mut on = books.write().await.unwrap();
            let insert = "INSERT INTO thing (number) VALUES (1)";
            query(insert).execute(&mut on).await.unwrap();
            query(wrong).execute(&mut on).await.unwrap_err();
            on.commit().await.unwrap_err();
        }
        let mut on = books.read().await.unwrap();
        let sql = "SELECT COUNT(*) FROM thing";
        let (count,): (i64,) = query(sql).fetch_one(&mut on).await.unwrap();
        assert_eq!(count, 0);
    }
}
