-- The ledger that payouts move: where each leg of a pool is, by which move of which wallet.
-- Balances are in member_balance, and each change of one is a posting.

-- A pool's ledger belongs to one journal; moves counts its moves.
CREATE TABLE ledger_state (
    pool    INTEGER PRIMARY KEY REFERENCES pool,
    journal TEXT NOT NULL,
    moves   INTEGER NOT NULL DEFAULT 0 CHECK (moves >= 0)
) STRICT;

-- The highest token of a lease that each wallet came with.
CREATE TABLE ledger_token (
    pool   INTEGER NOT NULL REFERENCES pool,
    wallet TEXT NOT NULL,
    token  INTEGER NOT NULL CHECK (token >= 0),
    PRIMARY KEY (pool, wallet)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_token_only_grows BEFORE UPDATE OF token ON ledger_token
WHEN new.token < old.token
BEGIN SELECT RAISE(ABORT, 'a token that a ledger has seen only grows'); END;

-- The ids of its recent moves: a journal that knows another one is not this ledger's.
CREATE TABLE ledger_done_move (
    pool INTEGER NOT NULL REFERENCES pool,
    seq  INTEGER NOT NULL CHECK (seq > 0),
    id   TEXT NOT NULL,
    PRIMARY KEY (pool, seq)
) STRICT, WITHOUT ROWID;

-- A leg that was held or settled here, or never can be (void; its member may be unknown).
CREATE TABLE ledger_leg (
    pool     INTEGER NOT NULL REFERENCES pool,
    leg      TEXT NOT NULL,
    payment  TEXT,
    wallet   TEXT NOT NULL,
    member   INTEGER REFERENCES member,
    address  TEXT NOT NULL,
    amount   INTEGER NOT NULL CHECK (amount > 0),
    -- The bucket that it is taken from, and given back to.
    bucket   TEXT NOT NULL CHECK (bucket IN ('available', 'frozen')),
    state    TEXT NOT NULL CHECK (state IN ('held', 'settled', 'released', 'void')),
    -- The last move that changed it, its place among that move's legs, and its posting.
    move     INTEGER NOT NULL CHECK (move > 0),
    place    INTEGER NOT NULL CHECK (place >= 0),
    moved_at INTEGER NOT NULL,
    posting  INTEGER REFERENCES posting,
    -- What paid it; the fee is its part of the network fee, in base units.
    tx       TEXT,
    block    INTEGER CHECK (block >= 0),
    fee      BLOB CHECK (length(fee) = 16),
    PRIMARY KEY (pool, leg),
    CHECK (member IS NOT NULL OR state = 'void'),
    CHECK (payment IS NOT NULL OR state <> 'held'),
    CHECK (posting IS NOT NULL OR state = 'void'),
    CHECK ((tx IS NOT NULL) = (state = 'settled')
       AND (tx IS NULL) = (block IS NULL) AND (tx IS NULL) = (fee IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_leg_held ON ledger_leg (pool) WHERE state = 'held';
CREATE INDEX ledger_leg_settled ON ledger_leg (pool, move, place) WHERE state = 'settled';
CREATE INDEX ledger_leg_member ON ledger_leg (member) WHERE member IS NOT NULL;
