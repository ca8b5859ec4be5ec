-- What members asked to be paid, who decided, and what became of it.

-- Its amount is in its member's `frozen` while it is requested, approved or failed, in `in_flight`
-- while it is processing.
CREATE TABLE withdrawal (
    number       INTEGER PRIMARY KEY,
    pool         INTEGER NOT NULL REFERENCES pool,
    member       INTEGER NOT NULL REFERENCES member,
    amount       INTEGER NOT NULL CHECK (amount > 0),
    -- In the chain's own canonical text.
    address      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN
                 ('requested', 'approved', 'processing', 'paid', 'failed', 'rejected', 'cancelled')),
    -- Why it is in this state, where that needs a word.
    reason       TEXT,
    -- It closes the balance: it may be below the minimum.
    closes       INTEGER NOT NULL DEFAULT 0 CHECK (closes IN (0, 1)),
    -- The key of a request that may be repeated, and the hash of what was asked.
    key          TEXT CHECK (key <> ''),
    body         BLOB CHECK (length(body) = 32),
    -- Its id in what the pool was run with before.
    former       TEXT CHECK (former <> ''),
    requested_by TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    -- In the pool's zone: caps count by it.
    requested_on INTEGER NOT NULL,
    -- Who approved or rejected it; the policy, where nobody had to.
    decided_by   TEXT,
    decided_at   INTEGER,
    -- The leg that holds it, or was the last to.
    leg          TEXT,
    -- When it was first held by that leg, and on which day in the pool's zone.
    held_at      INTEGER,
    held_on      INTEGER,
    tx           TEXT,
    updated_at   INTEGER NOT NULL,
    CHECK ((key IS NULL) = (body IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((held_at IS NULL) = (held_on IS NULL)),
    CHECK (state <> 'approved' OR decided_by IS NOT NULL),
    CHECK (state <> 'processing' OR (leg IS NOT NULL AND held_at IS NOT NULL)),
    CHECK ((tx IS NOT NULL) = (state = 'paid')),
    CHECK (state <> 'failed' OR reason IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX withdrawal_key ON withdrawal (pool, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX withdrawal_former ON withdrawal (pool, former) WHERE former IS NOT NULL;
CREATE INDEX withdrawal_member ON withdrawal (pool, member, number);
CREATE INDEX withdrawal_open ON withdrawal (pool, state, number)
    WHERE state IN ('requested', 'approved', 'processing', 'failed');
CREATE INDEX withdrawal_leg ON withdrawal (pool, leg) WHERE leg IS NOT NULL;
CREATE INDEX withdrawal_held ON withdrawal (pool, held_on) WHERE held_on IS NOT NULL;

CREATE TRIGGER withdrawal_stays BEFORE DELETE ON withdrawal
BEGIN SELECT RAISE(ABORT, 'a withdrawal is never deleted'); END;
CREATE TRIGGER withdrawal_fields_stay BEFORE UPDATE OF
    number, pool, member, amount, address, closes, key, body, former, requested_by, requested_at,
    requested_on ON withdrawal
BEGIN SELECT RAISE(ABORT, 'what was asked for never changes'); END;
CREATE TRIGGER withdrawal_ends_once BEFORE UPDATE ON withdrawal
WHEN old.state IN ('rejected', 'cancelled') OR (old.state = 'paid' AND new.state <> 'paid')
BEGIN SELECT RAISE(ABORT, 'this withdrawal is over'); END;

-- Everything that happened to a withdrawal.
CREATE TABLE withdrawal_event (
    number     INTEGER PRIMARY KEY,
    withdrawal INTEGER NOT NULL REFERENCES withdrawal,
    at         INTEGER NOT NULL,
    by_whom    TEXT NOT NULL,
    -- The state from then on.
    state      TEXT NOT NULL,
    reason     TEXT,
    evidence   TEXT CHECK (json_valid(evidence))
) STRICT;

CREATE INDEX withdrawal_event_of ON withdrawal_event (withdrawal, number);

CREATE TRIGGER withdrawal_event_is_not_rewritten BEFORE UPDATE ON withdrawal_event
BEGIN SELECT RAISE(ABORT, 'what happened to a withdrawal is append-only'); END;
CREATE TRIGGER withdrawal_event_is_not_cut BEFORE DELETE ON withdrawal_event
BEGIN SELECT RAISE(ABORT, 'what happened to a withdrawal is append-only'); END;

-- A payment that was made outside of this journal and recorded for a withdrawal: an output of a
-- transaction pays one thing.
CREATE TABLE outside_payment (
    network    TEXT NOT NULL,
    tx         TEXT NOT NULL,
    output     INTEGER NOT NULL CHECK (output >= 0),
    pool       INTEGER NOT NULL REFERENCES pool,
    leg        TEXT NOT NULL,
    withdrawal INTEGER NOT NULL REFERENCES withdrawal,
    sender     TEXT NOT NULL,
    block      INTEGER NOT NULL,
    block_hash TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (network, tx, output)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER outside_payment_is_not_rewritten BEFORE UPDATE ON outside_payment
BEGIN SELECT RAISE(ABORT, 'payments on record are append-only'); END;
CREATE TRIGGER outside_payment_is_not_cut BEFORE DELETE ON outside_payment
BEGIN SELECT RAISE(ABORT, 'payments on record are append-only'); END;

-- What one person asked to be done and another has to confirm.
CREATE TABLE proposal (
    number      INTEGER PRIMARY KEY,
    pool        INTEGER NOT NULL REFERENCES pool,
    kind        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    -- Of what exactly would be done: another person confirms this and nothing else.
    digest      BLOB NOT NULL CHECK (length(digest) = 32),
    detail      TEXT NOT NULL CHECK (json_valid(detail)),
    reason      TEXT NOT NULL CHECK (reason <> ''),
    proposed_by TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'done', 'withdrawn', 'replaced')),
    ended_by    TEXT,
    ended_at    INTEGER,
    CHECK ((state = 'open') = (ended_by IS NULL) AND (ended_by IS NULL) = (ended_at IS NULL)),
    CHECK (state <> 'done' OR ended_by <> proposed_by)
) STRICT;

CREATE UNIQUE INDEX proposal_open ON proposal (pool, kind, subject) WHERE state = 'open';

CREATE TRIGGER proposal_stays BEFORE DELETE ON proposal
BEGIN SELECT RAISE(ABORT, 'a proposal is never deleted'); END;
CREATE TRIGGER proposal_ends_once BEFORE UPDATE ON proposal WHEN old.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'this proposal is over'); END;
CREATE TRIGGER proposal_fields_stay BEFORE UPDATE OF
    number, pool, kind, subject, digest, detail, reason, proposed_by, proposed_at ON proposal
BEGIN SELECT RAISE(ABORT, 'what was proposed never changes'); END;

-- Payments to members, with what became of withdrawals; the columns of 0004_views. status: 0
-- requested, 1 approved, 2 processing, 3 failed (and given back), 4 paid, 5 rejected or cancelled,
-- 6 queued again (approved after it had failed).
DROP VIEW currency_transfer;
CREATE VIEW currency_transfer AS
SELECT CAST(asked.number AS TEXT) AS id, member.code AS member, pool.name AS pool, pool.coin,
    asked.address,
    printf('%d.%09d', asked.amount / 1000000000, asked.amount % 1000000000) AS amount,
    CASE asked.state WHEN 'requested' THEN 0 WHEN 'processing' THEN 2 WHEN 'failed' THEN 3
        WHEN 'paid' THEN 4 WHEN 'approved' THEN
            CASE WHEN EXISTS (SELECT 1 FROM withdrawal_event AS event
                WHERE event.withdrawal = asked.number AND event.state = 'failed')
            THEN 6 ELSE 1 END
        ELSE 5 END AS status,
    CASE WHEN asked.state = 'approved' AND EXISTS (SELECT 1 FROM withdrawal_event AS event
            WHERE event.withdrawal = asked.number AND event.state = 'failed')
        THEN 'queued again' ELSE asked.state END AS status_word,
    COALESCE(asked.tx, (SELECT payment.included_tx FROM leg
        JOIN payment ON payment.id = leg.payment WHERE leg.id = asked.leg)) AS tx,
    datetime(asked.requested_at / 1000, 'unixepoch') AS created_at,
    datetime(asked.updated_at / 1000, 'unixepoch') AS updated_at
FROM withdrawal AS asked
JOIN member ON member.number = asked.member
JOIN pool ON pool.number = asked.pool
UNION ALL
SELECT leg.id, leg.member, leg.pool, leg.coin, leg.address,
    printf('%d.%09d', leg.amount / 1000000000, leg.amount % 1000000000) AS amount,
    CASE leg.state WHEN 'settled' THEN 4 WHEN 'released' THEN 3 WHEN 'void' THEN 5 ELSE 2 END
        AS status,
    CASE leg.state WHEN 'settled' THEN 'paid' WHEN 'released' THEN 'failed'
        WHEN 'void' THEN 'cancelled' ELSE 'processing' END AS status_word,
    payment.included_tx AS tx,
    datetime(payment.planned_at / 1000, 'unixepoch') AS created_at,
    datetime(COALESCE(payment.closed_at,
        (SELECT MAX(COALESCE(attempt.last_sent_at, attempt.saved_at)) FROM attempt
        WHERE attempt.payment = leg.payment), payment.planned_at) / 1000, 'unixepoch') AS updated_at
FROM leg
JOIN payment ON payment.id = leg.payment
WHERE leg.source = 'threshold';
