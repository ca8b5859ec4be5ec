-- The journal: wallets and leases, payments, legs, attempts, requests and the history of all.
-- Instants are milliseconds since 1970 in UTC; amounts are ledger units (10^-9 coin); base units
-- (wei, attoFIL) are 16 bytes, big-endian; what is kept only to be read back whole is JSON.

CREATE TABLE journal (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
) STRICT;

CREATE TABLE wallet (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    network     TEXT NOT NULL,
    genesis     TEXT NOT NULL,
    address     TEXT NOT NULL,
    finality    TEXT NOT NULL CHECK (json_valid(finality)),
    next_nonce  INTEGER CHECK (next_nonce >= 0),
    paused      TEXT,
    frozen      TEXT,
    failed_runs INTEGER NOT NULL DEFAULT 0 CHECK (failed_runs >= 0),
    -- The lease: its token only grows; without an owner it is free.
    token       INTEGER NOT NULL DEFAULT 0 CHECK (token >= 0),
    owner       TEXT,
    expires_at  INTEGER,
    UNIQUE (network, address),
    CHECK ((owner IS NULL) = (expires_at IS NULL))
) STRICT;

CREATE TRIGGER wallet_token_only_grows BEFORE UPDATE OF token ON wallet
WHEN new.token < old.token
BEGIN SELECT RAISE(ABORT, 'a lease token only grows'); END;

CREATE TABLE payment (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    wallet         INTEGER NOT NULL REFERENCES wallet,
    purpose        TEXT NOT NULL CHECK (purpose IN ('pay', 'fill', 'foreign')),
    state          TEXT NOT NULL CHECK (state IN
                   ('planned', 'held', 'releasing', 'saved', 'included', 'final', 'closed')),
    nonce          INTEGER CHECK (nonce >= 0),
    floor_block    INTEGER CHECK (floor_block >= 0),
    included_tx    TEXT,
    included_block INTEGER CHECK (included_block >= 0),
    included_hash  TEXT,
    fee            BLOB CHECK (length(fee) = 16),
    planned_at     INTEGER NOT NULL,
    closed_at      INTEGER,
    UNIQUE (wallet, nonce),
    CHECK ((closed_at IS NOT NULL) = (state = 'closed')),
    CHECK (nonce IS NOT NULL OR state NOT IN ('saved', 'included', 'final')),
    CHECK (nonce IS NULL OR state NOT IN ('planned', 'held', 'releasing')),
    CHECK (included_tx IS NOT NULL OR state <> 'included'),
    CHECK ((included_tx IS NULL) = (included_block IS NULL)
       AND (included_tx IS NULL) = (included_hash IS NULL))
) STRICT;

CREATE INDEX payment_open ON payment (wallet) WHERE state <> 'closed';
CREATE INDEX payment_closed ON payment (closed_at) WHERE state = 'closed';

CREATE TABLE leg (
    id       TEXT PRIMARY KEY,
    payment  TEXT NOT NULL REFERENCES payment (id),
    place    INTEGER NOT NULL CHECK (place >= 0),
    pool     TEXT NOT NULL,
    member   TEXT NOT NULL,
    address  TEXT NOT NULL,
    coin     TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount > 0),
    source   TEXT NOT NULL CHECK (source IN ('threshold', 'withdrawals')),
    state    TEXT NOT NULL CHECK (state IN ('live', 'settled', 'released', 'void')),
    verdict  TEXT CHECK (json_valid(verdict)),
    UNIQUE (payment, place)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX leg_live ON leg (pool, member)
    WHERE state = 'live' AND source = 'threshold';

CREATE TABLE leg_withdrawal (
    leg        TEXT NOT NULL REFERENCES leg (id),
    place      INTEGER NOT NULL CHECK (place >= 0),
    pool       TEXT NOT NULL,
    withdrawal TEXT NOT NULL,
    live       INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (leg, place)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX leg_withdrawal_live ON leg_withdrawal (pool, withdrawal) WHERE live = 1;

CREATE TABLE attempt (
    id            TEXT PRIMARY KEY,
    payment       TEXT NOT NULL REFERENCES payment (id),
    place         INTEGER NOT NULL CHECK (place >= 0),
    kind          TEXT NOT NULL CHECK (kind IN ('pay', 'cancel')),
    sender        TEXT NOT NULL,
    nonce         INTEGER NOT NULL CHECK (nonce >= 0),
    recipient     TEXT NOT NULL,
    value         BLOB NOT NULL CHECK (length(value) = 16),
    data          BLOB NOT NULL,
    gas_limit     INTEGER NOT NULL CHECK (gas_limit >= 0),
    fee_kind      TEXT NOT NULL CHECK (fee_kind IN ('dynamic', 'legacy')),
    fee_cap       BLOB NOT NULL CHECK (length(fee_cap) = 16),
    fee_tip       BLOB NOT NULL CHECK (length(fee_tip) = 16),
    raw           BLOB,
    tx            TEXT,
    saved_at      INTEGER NOT NULL,
    first_sent_at INTEGER,
    last_sent_at  INTEGER,
    last_verdict  TEXT,
    UNIQUE (payment, place),
    CHECK ((first_sent_at IS NULL) = (last_sent_at IS NULL))
) STRICT, WITHOUT ROWID;

-- What was saved counts as sent: it is never forgotten, and its fields never change.
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;
CREATE TRIGGER attempt_fields_stay BEFORE UPDATE OF
    id, payment, place, kind, sender, nonce, recipient, value, data, gas_limit,
    fee_kind, fee_cap, fee_tip, saved_at ON attempt
BEGIN SELECT RAISE(ABORT, 'the fields of a saved attempt never change'); END;
CREATE TRIGGER attempt_bytes_stay BEFORE UPDATE OF raw, tx ON attempt
WHEN (old.raw IS NOT NULL AND new.raw IS NOT old.raw)
  OR (old.tx IS NOT NULL AND new.tx IS NOT old.tx)
BEGIN SELECT RAISE(ABORT, 'saved bytes never change'); END;

CREATE TABLE ledger_move (
    pool TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL CHECK (seq >= 0),
    id   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict_block (
    wallet INTEGER NOT NULL REFERENCES wallet,
    number INTEGER NOT NULL CHECK (number >= 0),
    hash   TEXT NOT NULL,
    PRIMARY KEY (wallet, number, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    pool    TEXT NOT NULL,
    member  TEXT NOT NULL,
    address TEXT NOT NULL,
    reason  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (pool, member)
) STRICT, WITHOUT ROWID;

CREATE TABLE request (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    wallet      INTEGER NOT NULL REFERENCES wallet,
    kind        TEXT NOT NULL CHECK (json_valid(kind)),
    asked_by    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    posted_at   INTEGER NOT NULL,
    done        INTEGER CHECK (done IN (0, 1)),
    message     TEXT,
    answered_at INTEGER,
    CHECK ((done IS NULL) = (message IS NULL) AND (done IS NULL) = (answered_at IS NULL))
) STRICT;

CREATE INDEX request_open ON request (wallet) WHERE done IS NULL;

CREATE TABLE history (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    wallet  INTEGER NOT NULL REFERENCES wallet,
    payment TEXT,
    event   TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;

CREATE INDEX history_of_payment ON history (payment) WHERE payment IS NOT NULL;
CREATE INDEX history_of_wallet ON history (wallet);

CREATE TRIGGER history_is_not_rewritten BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER history_is_not_cut BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
