-- A storage pool's books: members and orders, income, postings and balances, settlements, vesting.
-- Days are counted from 1970-01-01; rates are millionths; powers are bytes, a pool's in 16 bytes
-- like base units. Amounts are ledger units (10^-9 coin).
-- Postings: an entry above 0 credits its account (more is owed, or was earned), one below debits.

-- The last number given out to the rows of a table that are written many at once.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    last INTEGER NOT NULL CHECK (last >= 0)
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, last) VALUES ('member', 0), ('pool_order', 0), ('order_version', 0), ('audit', 0);

CREATE TABLE pool (
    number    INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    coin      TEXT NOT NULL,
    decimals  INTEGER NOT NULL CHECK (decimals BETWEEN 9 AND 27),
    first_day INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    -- The chain of its postings: how many there are, and the newest one's hash.
    postings  INTEGER NOT NULL DEFAULT 0 CHECK (postings >= 0),
    head      BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(head) = 32)
) STRICT;

CREATE TABLE stream (
    number INTEGER PRIMARY KEY,
    pool   INTEGER NOT NULL REFERENCES pool,
    name   TEXT NOT NULL,
    UNIQUE (pool, name)
) STRICT;

CREATE TABLE member (
    number   INTEGER PRIMARY KEY,
    code     TEXT NOT NULL UNIQUE,
    name     TEXT,
    phone    TEXT,
    frozen   TEXT,
    added_at INTEGER NOT NULL
) STRICT;

CREATE INDEX member_name ON member (name) WHERE name IS NOT NULL;
CREATE INDEX member_phone ON member (phone) WHERE phone IS NOT NULL;

-- Where a member is paid, by the chain's own canonical text. The newest that is not removed is
-- the one that threshold payouts go to.
CREATE TABLE member_address (
    number      INTEGER PRIMARY KEY,
    member      INTEGER NOT NULL REFERENCES member,
    pool        INTEGER NOT NULL REFERENCES pool,
    address     TEXT NOT NULL,
    added_at    INTEGER NOT NULL,
    usable_from INTEGER NOT NULL,
    removed_at  INTEGER
) STRICT;

CREATE UNIQUE INDEX member_address_once ON member_address (pool, member, address)
    WHERE removed_at IS NULL;

-- Files that were imported.
CREATE TABLE import (
    number      INTEGER PRIMARY KEY,
    pool        INTEGER NOT NULL REFERENCES pool,
    file        TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    coefficient INTEGER CHECK (coefficient >= 0),
    note        TEXT,
    imported_by TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pool_order (
    number INTEGER PRIMARY KEY,
    pool   INTEGER NOT NULL REFERENCES pool,
    id     TEXT NOT NULL,
    UNIQUE (pool, id)
) STRICT;

-- What an order is, from a day on: the latest whose valid_from has come counts. valid_until is the
-- day from which another counts; a version that never counts has it at or before valid_from.
CREATE TABLE order_version (
    number      INTEGER PRIMARY KEY,
    of_order    INTEGER NOT NULL REFERENCES pool_order,
    member      INTEGER NOT NULL REFERENCES member,
    power       INTEGER NOT NULL CHECK (power >= 0),
    fee_rate    INTEGER NOT NULL CHECK (fee_rate BETWEEN 0 AND 1000000),
    coefficient INTEGER CHECK (coefficient >= 0),
    start_day   INTEGER NOT NULL,
    end_day     INTEGER CHECK (end_day > start_day),
    -- Names of streams, each between blanks; NULL: all.
    streams     TEXT,
    valid_from  INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    cause       TEXT NOT NULL CHECK (cause IN ('import', 'transfer', 'change', 'opening')),
    import      INTEGER REFERENCES import,
    note        TEXT,
    recorded_at INTEGER NOT NULL,
    recorded_by TEXT NOT NULL
) STRICT;

CREATE INDEX order_version_order ON order_version (of_order);
CREATE INDEX order_version_member ON order_version (member);

CREATE TRIGGER order_version_stays BEFORE DELETE ON order_version
BEGIN SELECT RAISE(ABORT, 'a version of an order is never deleted'); END;
CREATE TRIGGER order_version_fields_stay BEFORE UPDATE OF
    number, of_order, member, power, fee_rate, coefficient, start_day, end_day, streams,
    valid_from, cause, import, recorded_at, recorded_by ON order_version
BEGIN SELECT RAISE(ABORT, 'a version of an order never changes'); END;

-- The row of each order as it was last imported: the next file is compared with it.
CREATE TABLE order_imported (
    of_order    INTEGER PRIMARY KEY REFERENCES pool_order,
    import      INTEGER NOT NULL REFERENCES import,
    member      INTEGER NOT NULL REFERENCES member,
    power       INTEGER NOT NULL,
    fee_rate    INTEGER NOT NULL,
    coefficient INTEGER,
    start_day   INTEGER NOT NULL,
    end_day     INTEGER,
    streams     TEXT,
    note        TEXT
) STRICT;

-- Who has the unvested parts of a version, of those days on, since a transfer with them; before,
-- its own member.
CREATE TABLE vesting_holder (
    version  INTEGER NOT NULL REFERENCES order_version,
    from_day INTEGER NOT NULL,
    member   INTEGER NOT NULL REFERENCES member,
    PRIMARY KEY (version, from_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE pool_power (
    pool        INTEGER NOT NULL REFERENCES pool,
    day         INTEGER NOT NULL,
    basis       TEXT NOT NULL CHECK (basis IN ('raw', 'quality-adjusted')),
    power       BLOB NOT NULL CHECK (length(power) = 16),
    source      TEXT NOT NULL,
    evidence    TEXT CHECK (json_valid(evidence)),
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (pool, day, basis)
) STRICT, WITHOUT ROWID;

CREATE TABLE posting (
    number    INTEGER PRIMARY KEY,
    pool      INTEGER NOT NULL REFERENCES pool,
    -- Its place in the pool's chain, from 1.
    seq       INTEGER NOT NULL CHECK (seq > 0),
    kind      TEXT NOT NULL,
    stream    INTEGER REFERENCES stream,
    day       INTEGER NOT NULL,
    posted_at INTEGER NOT NULL,
    posted_by TEXT NOT NULL,
    cause     TEXT NOT NULL,
    -- Of all entries, those that stand in lines too.
    digest    BLOB NOT NULL CHECK (length(digest) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    UNIQUE (pool, seq)
) STRICT;

CREATE INDEX posting_of_day ON posting (pool, day);

CREATE TRIGGER posting_is_not_rewritten BEFORE UPDATE ON posting
BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER posting_is_not_cut BEFORE DELETE ON posting
BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;

-- An entry of a member names the member. The entries of many members at once stand as lines of a
-- settlement, release or transfer, and here as one sum without a member.
CREATE TABLE entry (
    posting INTEGER NOT NULL REFERENCES posting,
    place   INTEGER NOT NULL CHECK (place >= 0),
    account TEXT NOT NULL,
    stream  INTEGER REFERENCES stream,
    member  INTEGER REFERENCES member,
    amount  INTEGER NOT NULL CHECK (amount <> 0),
    PRIMARY KEY (posting, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX entry_of_member ON entry (member, posting) WHERE member IS NOT NULL;

CREATE TRIGGER entry_is_not_rewritten BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entry_is_not_cut BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;

-- A member's figures in a pool. What is to be transferred is beside, by stream.
CREATE TABLE member_balance (
    pool       INTEGER NOT NULL REFERENCES pool,
    member     INTEGER NOT NULL REFERENCES member,
    available  INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    frozen     INTEGER NOT NULL DEFAULT 0 CHECK (frozen >= 0),
    vesting    INTEGER NOT NULL DEFAULT 0 CHECK (vesting >= 0),
    in_flight  INTEGER NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
    paid       INTEGER NOT NULL DEFAULT 0 CHECK (paid >= 0),
    receivable INTEGER NOT NULL DEFAULT 0 CHECK (receivable >= 0),
    PRIMARY KEY (pool, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_balance_of_member ON member_balance (member);

CREATE TABLE stream_balance (
    stream      INTEGER NOT NULL REFERENCES stream,
    member      INTEGER NOT NULL REFERENCES member,
    to_transfer INTEGER NOT NULL DEFAULT 0 CHECK (to_transfer >= 0),
    PRIMARY KEY (stream, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX stream_balance_of_member ON stream_balance (member);

-- What each account of a pool moved by on an accounting day; members' accounts as sums.
CREATE TABLE account_day (
    pool    INTEGER NOT NULL REFERENCES pool,
    account TEXT NOT NULL,
    -- 0: of no stream.
    stream  INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (pool, day, account, stream)
) STRICT, WITHOUT ROWID;

-- A stream's day, shared. A correction is a further revision.
CREATE TABLE settlement (
    number       INTEGER PRIMARY KEY,
    pool         INTEGER NOT NULL REFERENCES pool,
    stream       INTEGER NOT NULL REFERENCES stream,
    day          INTEGER NOT NULL,
    revision     INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0),
    kind         TEXT NOT NULL CHECK (kind IN ('day', 'opening')),
    posting      INTEGER NOT NULL REFERENCES posting,
    begins_at    INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    zone         TEXT NOT NULL,
    rule         INTEGER NOT NULL,
    -- Everything that the split went by beside items and orders, as JSON.
    terms        TEXT NOT NULL CHECK (json_valid(terms)),
    -- Base units: items, what was carried in and out, and a loss that was booked.
    items        BLOB NOT NULL CHECK (length(items) = 16),
    deductions   BLOB NOT NULL CHECK (length(deductions) = 16),
    carried_in   BLOB NOT NULL CHECK (length(carried_in) = 16),
    carried_out  BLOB NOT NULL CHECK (length(carried_out) = 16),
    loss_in      BLOB NOT NULL CHECK (length(loss_in) = 16),
    loss_out     BLOB NOT NULL CHECK (length(loss_out) = 16),
    loss         BLOB NOT NULL CHECK (length(loss) = 16),
    -- Ledger units: income is what was shared.
    income       INTEGER NOT NULL CHECK (income >= 0),
    net          INTEGER NOT NULL CHECK (net >= 0),
    fee          INTEGER NOT NULL CHECK (fee >= 0),
    retained     INTEGER NOT NULL CHECK (retained >= 0),
    immediate    INTEGER NOT NULL CHECK (immediate BETWEEN 0 AND net),
    -- Bytes; NULL where the sum of what was sold is the whole.
    pool_power   BLOB CHECK (length(pool_power) = 16),
    power_day    INTEGER,
    -- Millionths of a byte: the sum of weights, and what was divided by.
    sold         BLOB NOT NULL CHECK (length(sold) = 16),
    whole        BLOB NOT NULL CHECK (length(whole) = 16),
    lines        INTEGER NOT NULL CHECK (lines >= 0),
    members      INTEGER NOT NULL CHECK (members >= 0),
    -- Of the lines, and of everything above with them.
    lines_digest BLOB NOT NULL CHECK (length(lines_digest) = 32),
    hash         BLOB NOT NULL CHECK (length(hash) = 32),
    settled_at   INTEGER NOT NULL,
    settled_by   TEXT NOT NULL,
    reason       TEXT,
    UNIQUE (stream, day, kind, revision),
    CHECK (net + fee + retained = income)
) STRICT;

CREATE INDEX settlement_of_pool ON settlement (pool, day);

CREATE TRIGGER settlement_is_not_rewritten BEFORE UPDATE ON settlement
BEGIN SELECT RAISE(ABORT, 'a settled day is never edited: correct it'); END;
CREATE TRIGGER settlement_is_not_cut BEFORE DELETE ON settlement
BEGIN SELECT RAISE(ABORT, 'a settled day is never deleted: correct it'); END;

-- What came in for a day, or was deducted; unclassified until somebody says what it was.
CREATE TABLE income_item (
    number        INTEGER PRIMARY KEY,
    pool          INTEGER NOT NULL REFERENCES pool,
    stream        INTEGER REFERENCES stream,
    day           INTEGER NOT NULL,
    earned_on     INTEGER NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN
                  ('income', 'deduction', 'unclassified', 'deposit', 'internal')),
    -- What names it once: an entry's name, or a chain's miner, wallet and block.
    source        TEXT NOT NULL,
    amount        BLOB NOT NULL CHECK (length(amount) = 16),
    evidence      TEXT CHECK (json_valid(evidence)),
    note          TEXT,
    recorded_by   TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    classified_by TEXT,
    classified_at INTEGER,
    settlement    INTEGER REFERENCES settlement,
    CHECK ((stream IS NOT NULL) = (kind IN ('income', 'deduction'))),
    CHECK (settlement IS NULL OR kind IN ('income', 'deduction'))
) STRICT;

CREATE UNIQUE INDEX income_item_once ON income_item (pool, source, earned_on, COALESCE(stream, 0));
CREATE INDEX income_item_of_day ON income_item (stream, day);
CREATE INDEX income_item_unclassified ON income_item (pool) WHERE kind = 'unclassified';
CREATE INDEX income_item_of_settlement ON income_item (settlement) WHERE settlement IS NOT NULL;

CREATE TRIGGER income_item_stays BEFORE DELETE ON income_item
BEGIN SELECT RAISE(ABORT, 'an item of income is never deleted'); END;
CREATE TRIGGER income_item_settles_once BEFORE UPDATE ON income_item
WHEN old.settlement IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a settled item of income never changes'); END;
CREATE TRIGGER income_item_amount_stays BEFORE UPDATE OF
    pool, earned_on, source, amount, evidence, recorded_at, recorded_by ON income_item
BEGIN SELECT RAISE(ABORT, 'what an item of income says never changes'); END;

-- What each counting order earned: the entries of a settlement's members. The version says whose,
-- of what power and at which rates; the settlement's terms say how it vests.
CREATE TABLE line (
    settlement INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    gross      INTEGER NOT NULL CHECK (gross >= 0),
    fee        INTEGER NOT NULL CHECK (fee BETWEEN 0 AND gross),
    PRIMARY KEY (settlement, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER line_is_not_rewritten BEFORE UPDATE ON line
BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
CREATE TRIGGER line_is_not_cut BEFORE DELETE ON line
BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;

-- How the lines of a settlement vest after their immediate part: in `steps` equal steps, one a day
-- from the next day on, or on these days (JSON).
CREATE TABLE vesting (
    settlement INTEGER PRIMARY KEY REFERENCES settlement,
    stream     INTEGER NOT NULL REFERENCES stream,
    day        INTEGER NOT NULL,
    steps      INTEGER NOT NULL CHECK (steps BETWEEN 1 AND 3660),
    steps_done INTEGER NOT NULL DEFAULT 0 CHECK (steps_done BETWEEN 0 AND steps),
    dates      TEXT CHECK (json_valid(dates)),
    total      INTEGER NOT NULL CHECK (total > 0)
) STRICT;

CREATE INDEX vesting_open ON vesting (stream) WHERE steps_done < steps;

-- The unvested totals T of its lines in columns, so that a release reads little. For as many
-- versions from `first` on, none in another chunk of 16384 than it: T mod steps (1 byte each, 2
-- where steps > 256) and T div steps (8 bytes each), little-endian.
CREATE TABLE vesting_chunk (
    settlement INTEGER NOT NULL REFERENCES vesting,
    first      INTEGER NOT NULL CHECK (first >= 0),
    remainders BLOB NOT NULL,
    quotients  BLOB NOT NULL,
    PRIMARY KEY (settlement, first)
) STRICT;

-- The sums of T div steps over a stream's settlements that vest by the day and have begun to, and
-- whose they are; columns as above.
CREATE TABLE vesting_rate (
    stream    INTEGER NOT NULL REFERENCES stream,
    chunk     INTEGER NOT NULL CHECK (chunk >= 0),
    first     INTEGER NOT NULL CHECK (first / 16384 = chunk),
    members   BLOB NOT NULL,
    quotients BLOB NOT NULL,
    PRIMARY KEY (stream, chunk)
) STRICT;

-- What vested on a day, of all earlier days of a stream. Its entries follow from the lines.
CREATE TABLE release (
    number      INTEGER PRIMARY KEY,
    pool        INTEGER NOT NULL REFERENCES pool,
    stream      INTEGER NOT NULL REFERENCES stream,
    day         INTEGER NOT NULL,
    posting     INTEGER REFERENCES posting,
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    members     INTEGER NOT NULL CHECK (members >= 0),
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    released_at INTEGER NOT NULL,
    UNIQUE (stream, day),
    CHECK ((amount = 0) = (posting IS NULL))
) STRICT;

CREATE TRIGGER release_is_not_rewritten BEFORE UPDATE ON release
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;
CREATE TRIGGER release_is_not_cut BEFORE DELETE ON release
BEGIN SELECT RAISE(ABORT, 'releases are append-only'); END;

-- What was collected by a stream, moved to what is available.
CREATE TABLE transfer (
    number         INTEGER PRIMARY KEY,
    pool           INTEGER NOT NULL REFERENCES pool,
    stream         INTEGER NOT NULL REFERENCES stream,
    posting        INTEGER NOT NULL REFERENCES posting,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    members        INTEGER NOT NULL CHECK (members > 0),
    transferred_at INTEGER NOT NULL,
    transferred_by TEXT NOT NULL
) STRICT;

CREATE TABLE transfer_line (
    transfer         INTEGER NOT NULL REFERENCES transfer,
    member           INTEGER NOT NULL REFERENCES member,
    amount           INTEGER NOT NULL CHECK (amount > 0),
    available_before INTEGER NOT NULL CHECK (available_before >= 0),
    available_after  INTEGER NOT NULL CHECK (available_after = available_before + amount),
    PRIMARY KEY (transfer, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX transfer_of_pool ON transfer (pool, number);

CREATE TRIGGER transfer_is_not_rewritten BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfer_is_not_cut BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfer_line_is_not_rewritten BEFORE UPDATE ON transfer_line
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfer_line_is_not_cut BEFORE DELETE ON transfer_line
BEGIN SELECT RAISE(ABORT, 'transfers are append-only'); END;

-- What the operator moved; base units. Posted are the whole ledger units of a deposit or draw:
-- there is no posting of what is less, nor of what moved between the pool's own wallets.
CREATE TABLE treasury (
    number      INTEGER PRIMARY KEY,
    pool        INTEGER NOT NULL REFERENCES pool,
    kind        TEXT NOT NULL CHECK (kind IN ('deposit', 'draw', 'internal')),
    tx          TEXT NOT NULL CHECK (tx <> ''),
    day         INTEGER NOT NULL,
    amount      BLOB NOT NULL CHECK (length(amount) = 16),
    note        TEXT,
    posting     INTEGER REFERENCES posting,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (pool, tx),
    CHECK (posting IS NULL OR kind <> 'internal')
) STRICT;

CREATE INDEX treasury_of_day ON treasury (pool, day);

CREATE TRIGGER treasury_is_not_rewritten BEFORE UPDATE ON treasury
BEGIN SELECT RAISE(ABORT, 'movements of the treasury are append-only'); END;
CREATE TRIGGER treasury_is_not_cut BEFORE DELETE ON treasury
BEGIN SELECT RAISE(ABORT, 'movements of the treasury are append-only'); END;

-- Balances from before these books; once a pool.
CREATE TABLE opening (
    pool        INTEGER PRIMARY KEY REFERENCES pool,
    file        TEXT NOT NULL,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    posting     INTEGER NOT NULL REFERENCES posting,
    imported_by TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER opening_is_not_rewritten BEFORE UPDATE ON opening
BEGIN SELECT RAISE(ABORT, 'a pool is opened once'); END;
CREATE TRIGGER opening_is_not_cut BEFORE DELETE ON opening
BEGIN SELECT RAISE(ABORT, 'a pool is opened once'); END;

-- What a job did for a day: settle, release, statistics. Done once.
CREATE TABLE job_run (
    pool     INTEGER NOT NULL REFERENCES pool,
    -- 0: of no stream.
    stream   INTEGER NOT NULL,
    job      TEXT NOT NULL,
    day      INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('done', 'waiting', 'failed')),
    reason   TEXT,
    tries    INTEGER NOT NULL DEFAULT 1 CHECK (tries > 0),
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    by_whom  TEXT NOT NULL,
    PRIMARY KEY (pool, job, day, stream)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER job_run_is_done_once BEFORE UPDATE ON job_run
WHEN old.state = 'done'
BEGIN SELECT RAISE(ABORT, 'this job has run for this day'); END;

CREATE TABLE daily_statistic (
    pool          INTEGER NOT NULL REFERENCES pool,
    stream        INTEGER NOT NULL REFERENCES stream,
    day           INTEGER NOT NULL,
    settlement    INTEGER NOT NULL REFERENCES settlement,
    income        INTEGER NOT NULL,
    deductions    INTEGER NOT NULL,
    raw_power     BLOB CHECK (length(raw_power) = 16),
    adjusted_power BLOB CHECK (length(adjusted_power) = 16),
    pool_power    BLOB CHECK (length(pool_power) = 16),
    sold_power    BLOB NOT NULL CHECK (length(sold_power) = 16),
    members       INTEGER NOT NULL,
    per_pool_tib  INTEGER,
    per_sold_tib  INTEGER,
    net           INTEGER NOT NULL,
    fees          INTEGER NOT NULL,
    retained      INTEGER NOT NULL,
    vested        INTEGER NOT NULL,
    paid          INTEGER NOT NULL,
    network_fees  BLOB NOT NULL CHECK (length(network_fees) = 16),
    in_flight     INTEGER NOT NULL,
    owed          INTEGER NOT NULL,
    total_income  INTEGER NOT NULL,
    total_net     INTEGER NOT NULL,
    total_paid    INTEGER NOT NULL,
    mean_7        INTEGER,
    deviation_ppm INTEGER,
    computed_at   INTEGER NOT NULL,
    PRIMARY KEY (pool, day, stream)
) STRICT, WITHOUT ROWID;

-- Who did what, chained by hash.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL CHECK (json_valid(detail)),
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
