-- For people who query the database: views in plain words, which can only be read.
--
-- Days are of type DATE, instants TIMESTAMP, in UTC. Amounts are in coins and exact:
-- of type NUMERIC.
--
--   balance            what each member of a pool has: available, frozen (asked for, not on its
--                      way), vesting (earned, not released), to_transfer (collected by streams),
--                      in_flight (in payments that are not final), paid (from the beginning on),
--                      receivable (owed by the member)
--   currency_transfer  payments to members. status: 0 requested, 1 approved, 2 processing,
--                      3 failed (and given back), 4 paid, 5 rejected or cancelled, 6 queued again
--   income_by_day      what came in or was deducted by pool, stream and day, as it is recorded;
--                      open_items are those of income, deductions and what is
--                      unclassified that no settlement has yet
--   settlement_by_day  settled days of streams, each revision: what was shared, and how
--   earning            what each order earned of a settled day. By power its part is power_bytes *
--                      coefficient / whole_bytes, with the service fee that * (1 - fee_rate);
--                      immediate is what was free at once, vesting what is released later
--   vesting_by_day     what of a day's earnings was released to whom on which day
--   trial_balance      the sums of each account; debits and credits of a pool are equal
--   ledger_entry       every change of an account; those of many members at once are in earning,
--                      vesting_by_day and transfer_line, and here one sum without a member

CREATE INDEX ledger_leg_of_posting ON ledger_leg (posting) WHERE posting IS NOT NULL;

-- A number of 16 bytes, big-endian.
CREATE FUNCTION number_of(bytes BYTEA) RETURNS NUMERIC
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(bytes, 1, 4), 'hex'))::BIT(32)::BIGINT
            * 79228162514264337593543950336
        + ('x' || encode(substr(bytes, 5, 4), 'hex'))::BIT(32)::BIGINT * 18446744073709551616
        + ('x' || encode(substr(bytes, 9, 4), 'hex'))::BIT(32)::BIGINT
            * CAST(4294967296 AS NUMERIC)
        + ('x' || encode(substr(bytes, 13, 4), 'hex'))::BIT(32)::BIGINT
$$;

CREATE VIEW balance AS
SELECT member.code AS member, member.name, pool.name AS pool, pool.coin,
    has.available * 0.000000001 AS available,
    has.frozen * 0.000000001 AS frozen,
    has.vesting * 0.000000001 AS vesting,
    COALESCE((SELECT SUM(collected.to_transfer) FROM stream_balance AS collected
        JOIN stream ON stream.number = collected.stream
        WHERE stream.pool = has.pool AND collected.member = has.member), 0)
        * 0.000000001 AS to_transfer,
    has.in_flight * 0.000000001 AS in_flight,
    has.paid * 0.000000001 AS paid,
    has.receivable * 0.000000001 AS receivable
FROM member_balance AS has
JOIN member ON member.number = has.member
JOIN pool ON pool.number = has.pool;

CREATE VIEW currency_transfer AS
SELECT leg.id, leg.member, leg.pool, leg.coin, leg.address,
    leg.amount * 0.000000001 AS amount,
    CASE leg.state WHEN 'settled' THEN 4 WHEN 'released' THEN 3 WHEN 'void' THEN 5 ELSE 2 END
        AS status,
    CASE leg.state WHEN 'settled' THEN 'paid' WHEN 'released' THEN 'failed'
        WHEN 'void' THEN 'cancelled' ELSE 'processing' END AS status_word,
    payment.included_tx AS tx,
    TIMESTAMP '1970-01-01' + payment.planned_at * INTERVAL '1 millisecond' AS created_at,
    TIMESTAMP '1970-01-01' + COALESCE(payment.closed_at,
        (SELECT MAX(COALESCE(attempt.last_sent_at, attempt.saved_at)) FROM attempt
        WHERE attempt.payment = leg.payment), payment.planned_at) * INTERVAL '1 millisecond'
        AS updated_at
FROM leg
JOIN payment ON payment.id = leg.payment;

CREATE VIEW income_by_day AS
SELECT pool.name AS pool, stream.name AS stream,
    DATE '1970-01-01' + CAST(item.day AS INTEGER) AS day,
    pool.coin, item.kind, COUNT(*) AS items,
    COUNT(*) FILTER (WHERE item.kind IN ('income', 'deduction', 'unclassified')
        AND item.settlement IS NULL) AS open_items,
    SUM(number_of(item.amount)) * CAST('1e-' || pool.decimals AS NUMERIC) AS amount
FROM income_item AS item
JOIN pool ON pool.number = item.pool
LEFT JOIN stream ON stream.number = item.stream
GROUP BY pool.name, stream.name, item.day, pool.coin, pool.decimals, item.kind;

CREATE VIEW settlement_by_day AS
SELECT settled.number AS settlement, pool.name AS pool, stream.name AS stream,
    DATE '1970-01-01' + CAST(settled.day AS INTEGER) AS day, settled.revision, pool.coin,
    number_of(settled.items) * CAST('1e-' || pool.decimals AS NUMERIC) AS items,
    number_of(settled.deductions) * CAST('1e-' || pool.decimals AS NUMERIC) AS deductions,
    settled.income * 0.000000001 AS income,
    settled.net * 0.000000001 AS net,
    settled.fee * 0.000000001 AS fee,
    settled.retained * 0.000000001 AS retained,
    settled.immediate * 0.000000001 AS immediate,
    (settled.net - settled.immediate) * 0.000000001 AS vesting,
    number_of(settled.pool_power) AS pool_power_bytes,
    number_of(settled.sold) * 0.000001 AS sold_bytes,
    number_of(settled.whole) * 0.000001 AS whole_bytes,
    settled.lines AS orders, settled.members,
    TIMESTAMP '1970-01-01' + settled.begins_at * INTERVAL '1 millisecond' AS begins_at,
    TIMESTAMP '1970-01-01' + settled.ends_at * INTERVAL '1 millisecond' AS ends_at,
    settled.zone,
    TIMESTAMP '1970-01-01' + settled.settled_at * INTERVAL '1 millisecond' AS settled_at,
    settled.settled_by, settled.reason, encode(settled.hash, 'hex') AS hash
FROM settlement AS settled
JOIN pool ON pool.number = settled.pool
JOIN stream ON stream.number = settled.stream
WHERE settled.kind = 'day';

CREATE VIEW earning AS
SELECT member, name, pool, order_id, stream, day, revision, coin, power_bytes,
    COALESCE(trim_scale(millionths * 0.000001), default_coefficient) AS coefficient,
    whole * 0.000001 AS whole_bytes,
    trim_scale(fee_rate * 0.000001) AS fee_rate,
    gross * 0.000000001 AS gross,
    fee * 0.000000001 AS fee,
    net * 0.000000001 AS net,
    immediate * 0.000000001 AS immediate,
    (net - immediate) * 0.000000001 AS vesting,
    settlement
FROM (
    SELECT member, name, pool, order_id, stream, day, revision, coin, power_bytes, millionths,
        default_coefficient, whole, fee_rate, gross, fee, net,
        CASE WHEN COALESCE(steps, 0) = 0 THEN net
            ELSE net / 1000000 * rate + net % 1000000 * rate / 1000000 END AS immediate,
        settlement
    FROM (
        SELECT member.code AS member, member.name, pool.name AS pool,
            pool_order.id AS order_id, stream.name AS stream,
            DATE '1970-01-01' + CAST(settled.day AS INTEGER) AS day, settled.revision, pool.coin,
            version.power AS power_bytes,
            COALESCE(version.coefficient, import.coefficient) AS millionths,
            CAST(CAST(settled.terms AS JSON) ->> 'coefficient' AS NUMERIC) AS default_coefficient,
            number_of(settled.whole) AS whole,
            version.fee_rate, line.gross, line.fee, line.gross - line.fee AS net,
            CAST(CAST(settled.terms AS JSON)
            -> 'vesting' ->> 'immediate_millionths' AS BIGINT) AS rate,
            CAST(CAST(settled.terms AS JSON) -> 'vesting' ->> 'steps' AS BIGINT) AS steps,
            settled.number AS settlement
        FROM order_version AS version
        JOIN member ON member.number = version.member
        JOIN pool_order ON pool_order.number = version.of_order
        JOIN pool ON pool.number = pool_order.pool
        JOIN settlement AS settled ON settled.pool = pool.number AND settled.kind = 'day'
        JOIN stream ON stream.number = settled.stream
        JOIN line ON line.settlement = settled.number AND line.version = version.number
        LEFT JOIN import ON import.number = version.import) AS line) AS line;

-- T = net - immediate is released so that after k of n steps floor(T * k / n) is: T div n a step,
-- and of T mod n what its floor gives. A release takes the steps up to its day, of settlements that
-- were posted before it; one of nothing takes none.
CREATE VIEW vesting_by_day AS
WITH step AS NOT MATERIALIZED (
    SELECT settled.number AS settlement, settled.pool, settled.stream, settled.day AS earned_on,
        release.day AS released_on, vesting.steps,
        CAST(CAST(settled.terms AS JSON)
            -> 'vesting' ->> 'immediate_millionths' AS BIGINT) AS rate,
        CASE WHEN vesting.dates IS NULL THEN LEAST(vesting.steps, release.day - vesting.day)
            ELSE (SELECT COUNT(*)
                FROM json_array_elements_text(CAST(vesting.dates AS JSON)) AS date
                WHERE CAST(date AS DATE) - DATE '1970-01-01' > vesting.day
                AND CAST(date AS DATE) - DATE '1970-01-01' <= release.day) END AS until,
        COALESCE((SELECT
                CASE WHEN vesting.dates IS NULL THEN LEAST(vesting.steps, earlier.day - vesting.day)
                ELSE (SELECT COUNT(*)
                    FROM json_array_elements_text(CAST(vesting.dates AS JSON)) AS date
                    WHERE CAST(date AS DATE) - DATE '1970-01-01' > vesting.day
                    AND CAST(date AS DATE) - DATE '1970-01-01' <= earlier.day) END
            FROM release AS earlier WHERE earlier.stream = release.stream
            AND earlier.day < release.day AND earlier.day > vesting.day
            AND earlier.posting > settled.posting
            ORDER BY earlier.day DESC LIMIT 1),
            CAST(CAST(settled.terms AS JSON) ->> 'done' AS BIGINT), 0) AS since
    FROM vesting
    JOIN settlement AS settled ON settled.number = vesting.settlement
    JOIN release ON release.stream = vesting.stream AND release.day > vesting.day
        AND release.posting > settled.posting
), part AS NOT MATERIALIZED (
    SELECT version.number AS version, version.member, version.of_order, step.pool, step.stream,
        step.earned_on, step.released_on, step.steps, step.since, step.until,
        line.gross - line.fee - ((line.gross - line.fee) / 1000000 * step.rate
            + (line.gross - line.fee) % 1000000 * step.rate / 1000000) AS total
    FROM order_version AS version
    JOIN line ON line.version = version.number
    JOIN step ON step.settlement = line.settlement AND step.until > step.since
), share AS NOT MATERIALIZED (
    SELECT version, member, of_order, pool, stream, earned_on, released_on,
        total / steps * (until - since) + total % steps * until / steps
            - total % steps * since / steps AS units
    FROM part
)
SELECT member.code AS member, member.name, pool.name AS pool, pool_order.id AS order_id,
    stream.name AS stream,
    DATE '1970-01-01' + CAST(earned_on AS INTEGER) AS earned_on,
    DATE '1970-01-01' + CAST(released_on AS INTEGER) AS released_on, pool.coin,
    units * 0.000000001 AS amount
FROM share
JOIN member ON member.number = share.member
JOIN pool_order ON pool_order.number = share.of_order
JOIN pool ON pool.number = share.pool
JOIN stream ON stream.number = share.stream
WHERE units > 0 AND NOT EXISTS (SELECT 1 FROM vesting_holder AS holder
    WHERE holder.version = share.version AND holder.from_day <= share.released_on)
UNION ALL
-- What went over to another member, from its day on.
SELECT member.code, member.name, pool.name, pool_order.id, stream.name,
    DATE '1970-01-01' + CAST(earned_on AS INTEGER),
    DATE '1970-01-01' + CAST(released_on AS INTEGER), pool.coin,
    units * 0.000000001
FROM vesting_holder AS holder
JOIN member ON member.number = holder.member
JOIN share ON share.version = holder.version AND holder.from_day <= share.released_on
JOIN pool_order ON pool_order.number = share.of_order
JOIN pool ON pool.number = share.pool
JOIN stream ON stream.number = share.stream
WHERE units > 0 AND NOT EXISTS (SELECT 1 FROM vesting_holder AS later
    WHERE later.version = holder.version AND later.from_day > holder.from_day
    AND later.from_day <= share.released_on);

CREATE VIEW trial_balance AS
SELECT pool, coin, account, stream,
    CASE WHEN amount < 0 THEN (-amount) * 0.000000001 END AS debit,
    CASE WHEN amount >= 0 THEN amount * 0.000000001 END AS credit
FROM (
    SELECT pool.name AS pool, pool.coin, moved.account, stream.name AS stream,
        SUM(moved.amount) AS amount
    FROM account_day AS moved
    JOIN pool ON pool.number = moved.pool
    LEFT JOIN stream ON stream.number = moved.stream
    GROUP BY pool.name, pool.coin, moved.account, stream.name) AS moved;

CREATE VIEW ledger_entry AS
SELECT pool.name AS pool, posting.seq AS posting,
    DATE '1970-01-01' + CAST(posting.day AS INTEGER) AS day, posting.kind, posting.cause,
    entry.account, stream.name AS stream, member.code AS member, pool.coin,
    entry.amount * 0.000000001 AS amount,
    TIMESTAMP '1970-01-01' + posting.posted_at * INTERVAL '1 millisecond' AS posted_at,
    posting.posted_by
FROM posting
JOIN entry ON entry.posting = posting.number
JOIN pool ON pool.number = posting.pool
LEFT JOIN stream ON stream.number = COALESCE(entry.stream, posting.stream)
LEFT JOIN member ON member.number = entry.member;
