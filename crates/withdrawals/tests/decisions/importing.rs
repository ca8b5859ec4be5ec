//! Withdrawals of the program before, and the accountant's sheet.

use std::io::Write as _;
use std::path::Path;

use paydirt_books::{Account, Withdrawal, WithdrawalState, WithdrawalsAsked};
use paydirt_money::Coin;
use paydirt_sheets::{Limits, withdrawals};
use paydirt_withdrawals::WithdrawalError;
use paydirt_withdrawals::compare::{Found, compare};
use paydirt_withdrawals::import::{Imported, Importing, import};
use tempfile::NamedTempFile;

use crate::scene::{HOME, Kind, Scene, fil};

on_both!(
    open_withdrawals_come_from_a_file_once_and_stand_for_what_is_frozen,
    what_was_approved_elsewhere_and_is_large_waits_for_a_second_person,
    a_file_with_a_wrong_row_imports_nothing_and_names_each_problem,
    a_sheet_is_compared_with_what_failed,
);

const HEADER: &str = "withdrawal,member,address,amount,status,requested\n";

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

pub(crate) async fn try_import(scene: &Scene, rows: &str) -> Result<Imported, WithdrawalError> {
    let file = file(&[HEADER, rows].concat());
    let rows = withdrawals::read_import(file.path(), &Limits::default(), Coin::FIL)?;
    let mut session = scene.books.begin().await.unwrap();
    let locked = session.lock_pool(&scene.terms.pool).await.unwrap();
    let check = |text: &str| match text.starts_with("0x") {
        true => Ok(text.to_owned()),
        false => Err("is no address".to_owned()),
    };
    let importing = Importing {
        path: Path::new("old.csv"),
        rows: &rows,
        address: &check,
        approve_above: scene
            .terms
            .policy
            .as_ref()
            .ok()
            .and_then(|it| it.approve_above),
        zones: &scene.terms.zones,
        by: "alice",
        now: scene.now,
        problems: 100,
    };
    let done = import(&mut session, &locked, &importing).await;
    match &done {
        Ok(_) => session.commit().await.unwrap(),
        Err(_) => session.end().await.unwrap(),
    }
    done
}

pub(crate) async fn all(scene: &Scene) -> Vec<Withdrawal> {
    let mut session = scene.books.look().await.unwrap();
    let pool = scene.pool(&mut session).await.number;
    let everything = WithdrawalsAsked {
        limit: u32::MAX,
        ..WithdrawalsAsked::default()
    };
    let mut all = session.withdrawals(pool, &everything).await.unwrap();
    all.reverse();
    all
}

const ROWS: &str = "T-1,u1,0xhome,1,0,2026-10-01\n\
    T-2,u1,0xhome,2,approved,2026-10-02\n\
    T-3,u1,0xhome,3 FIL,3,2026-10-03\n\
    900000000000000001,u1,0xelse,4,6,2026-10-04\n";

async fn open_withdrawals_come_from_a_file_once_and_stand_for_what_is_frozen(kind: Kind) {
    let scene = Scene::new(kind).await;
    let member = scene.member_with("u1", &[(Account::Frozen, "10")]).await;
    let done = try_import(&scene, ROWS).await.unwrap();
    assert_eq!((done.new.len(), done.unchanged), (4, 0));
    use WithdrawalState::{Approved, Failed, Requested};
    let states: Vec<_> = all(&scene).await.iter().map(|it| it.state).collect();
    assert_eq!(states, [Requested, Approved, Failed, Approved]);
    assert_eq!(scene.has(member).await, (fil("0"), fil("10")));
    // The same file again, as it is and in part.
    let done = try_import(&scene, ROWS).await.unwrap();
    assert_eq!((done.new.len(), done.unchanged), (0, 4));
    // Nothing frozen is left for another one.
    let refused = try_import(&scene, "T-9,u1,0xhome,0.000000001,failed,2026-10-05\n").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("the member's frozen amount"), "{refused}");
    let refused = try_import(&scene, "T-3,u1,0xhome,3.1,failed,2026-10-03\n").await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("was imported as withdrawal"), "{refused}");
    assert_eq!(all(&scene).await.len(), 4);
    scene.verify().await;
}

async fn what_was_approved_elsewhere_and_is_large_waits_for_a_second_person(kind: Kind) {
    let scene = Scene::new(kind).await;
    scene.member_with("u1", &[(Account::Frozen, "100")]).await;
    let rows = "T-1,u1,0xhome,10,1,2026-10-01\n\
        T-2,u1,0xhome,10.000000001,1,2026-10-01\n\
        T-3,u1,0xhome,20,6,2026-10-01\n";
    try_import(&scene, rows).await.unwrap();
    use WithdrawalState::{Approved, Requested};
    let states: Vec<_> = all(&scene).await.iter().map(|it| it.state).collect();
    assert_eq!(states, [Approved, Requested, Requested]);
    scene.verify().await;
}

async fn a_file_with_a_wrong_row_imports_nothing_and_names_each_problem(kind: Kind) {
    let scene = Scene::new(kind).await;
    scene.member_with("u1", &[(Account::Frozen, "10")]).await;
    let rows = "T-1,u1,0xhome,1,failed,2026-10-01\n\
        T-2,nobody,0xhome,1,failed,2026-10-01\n\
        T-3,u1,elsewhere,1,failed,2026-10-01\n\
        T-4,u1,0xhome,9.5,failed,2026-10-01\n\
        T-5,u1,0xhome,1,failed,2099-01-01\n";
    let refused = try_import(&scene, rows).await.unwrap_err().to_string();
    for problem in [
        "row 3, member \"nobody\"",
        "row 4, address \"elsewhere\"",
        "row 5, amount",
        "row 6, requested",
    ] {
        assert!(refused.contains(problem), "{refused}");
    }
    let rows = "T-1,u1,0xhome,0,failed,2026-10-01\n\
        T-2,u1,0xhome,1e3,paid,2026-10-01\n\
        T-2,u1,0xhome,1,2,2026-13-01\n\
        T-3,u1,0xhome,1,7,2026-10-01\n";
    let refused = try_import(&scene, rows).await.unwrap_err().to_string();
    for problem in [
        "row 2, amount",
        "row 3, amount",
        "row 3, status \"paid\"",
        "row 4, withdrawal \"T-2\"",
        "row 4, status \"2\"",
        "row 4, requested",
        "row 5, status \"7\"",
    ] {
        assert!(refused.contains(problem), "{refused}");
    }
    assert_eq!(all(&scene).await, []);
}

fn compared(scene: &[Withdrawal], sheet: &str) -> Result<Vec<(String, Found)>, String> {
    let file = file(sheet);
    let rows = withdrawals::read_compare(file.path(), &Limits::default(), Coin::FIL);
    let rows = rows.map_err(|error| error.to_string())?;
    let failed = WithdrawalState::Failed;
    let found = compare(&rows, scene, failed, Coin::FIL, 100).map_err(|error| error.to_string())?;
    Ok(found
        .into_iter()
        .map(|it| (it.withdrawal, it.found))
        .collect())
}

async fn a_sheet_is_compared_with_what_failed(kind: Kind) {
    let scene = Scene::new(kind).await;
    scene.member_with("u1", &[(Account::Frozen, "10")]).await;
    scene.member_with("=u2", &[(Account::Frozen, "10")]).await;
    let rows = "T-1,u1,0xhome,1,failed,2026-10-01\n\
        T-2,u1,0xhome,2,failed,2026-10-01\n\
        T-3,=u2,0xhome,3,failed,2026-10-01\n\
        T-4,u1,0xhome,4,approved,2026-10-01\n";
    try_import(&scene, rows).await.unwrap();
    let there = all(&scene).await;
    let own = there
        .iter()
        .map(|it| it.number.to_string())
        .collect::<Vec<_>>();
    let is = |found: &Found| found.name();
    // By our ids and by theirs, an exported formula defused or not.
    let sheet = format!(
        "withdrawal,member,amount,address,reason\n{},u1,1,{HOME},what=ever\nT-2,u1,2.000000000,,\n\
         T-3,'=u2,3 FIL,,\n",
        own[0]
    );
    let found = compared(&there, &sheet).unwrap();
    assert!(
        found.len() == 3 && found.iter().all(|(_, it)| *it == Found::Equal),
        "{found:?}"
    );
    let sheet =
        "withdrawal,member,amount,address,tx\nT-1,u9,1.5,0xelse,0x1\nT-4,u1,4,,\nT-7,u1,1,,\n";
    let found = compared(&there, sheet).unwrap();
    let lines: Vec<_> = found.iter().map(|(id, it)| (id.as_str(), is(it))).collect();
    let wanted = [
        ("T-1", "different"),
        ("T-1", "different"),
        ("T-1", "different"),
        ("T-1", "different"),
        ("T-4", "different"),
        ("T-7", "missing in books"),
        (own[1].as_str(), "missing in sheet"),
        (own[2].as_str(), "missing in sheet"),
    ];
    assert_eq!(lines, wanted);
    let fields: Vec<_> = found
        .iter()
        .filter_map(|(_, it)| match it {
            Found::Different {
                field,
                books,
                sheet,
            } => Some((*field, &**books, &**sheet)),
            _ => None,
        })
        .collect();
    let wanted = [
        ("member", "u1", "u9"),
        ("amount", "1.000000000", "1.500000000"),
        ("address", HOME, "0xelse"),
        ("tx", "", "0x1"),
        ("state", "approved", "failed"),
    ];
    assert_eq!(fields, wanted);
    for (sheet, what) in [
        (
            "withdrawal,member,amout\nT-1,u1,1\n",
            "did you mean amount?",
        ),
        (
            "withdrawal,member\nT-1,u1\n",
            "the column amount is missing",
        ),
        (
            "withdrawal,member,amount\nT-1,u1,1\nT-1,u1,1\n",
            "stands in row 2 already",
        ),
        ("withdrawal,member,amount\nT-1,u1,=1+1\n", "amount"),
        ("withdrawal,member,amount\n,u1,1\n", "is empty"),
    ] {
        let refused = compared(&there, sheet).unwrap_err();
        assert!(refused.contains(what), "{refused}");
    }
    let twice = format!("withdrawal,member,amount\nT-1,u1,1\n{},u1,1\n", own[0]);
    let refused = compared(&there, &twice).unwrap_err();
    assert!(
        refused.contains("the same withdrawal as in row 2"),
        "{refused}"
    );
}
