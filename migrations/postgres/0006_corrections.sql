-- Settled days that are corrected, debts of members that later credits recover, and months that are
-- closed.

-- A version that a correction made counts for that day alone, and only by that correction's lines.
ALTER TABLE order_version ADD COLUMN corrects_day BIGINT
    CHECK (corrects_day IS NULL OR valid_until <= valid_from);

CREATE TRIGGER order_version_correction_stays BEFORE UPDATE OF corrects_day ON order_version
FOR EACH ROW EXECUTE FUNCTION refuse('a version of an order never changes');

CREATE INDEX settlement_corrections ON settlement (stream, number) WHERE revision > 0;

-- Of a corrected line T, where its terms don't give it: what was given before its time stays given,
-- and floor(T * k / n) goes on from there.
CREATE TABLE corrected_vesting (
    settlement BIGINT NOT NULL REFERENCES settlement,
    version    BIGINT NOT NULL REFERENCES order_version,
    total      BIGINT NOT NULL CHECK (total >= 0),
    PRIMARY KEY (settlement, version)
);

CREATE TRIGGER corrected_vesting_is_not_rewritten BEFORE UPDATE ON corrected_vesting
FOR EACH ROW EXECUTE FUNCTION refuse('lines are append-only');
CREATE TRIGGER corrected_vesting_is_not_cut BEFORE DELETE ON corrected_vesting
FOR EACH ROW EXECUTE FUNCTION refuse('lines are append-only');

CREATE TRIGGER corrected_vesting_is_not_emptied BEFORE TRUNCATE ON corrected_vesting
FOR EACH STATEMENT EXECUTE FUNCTION refuse('lines are append-only');

-- Few owe, and they are looked for with each credit.
CREATE INDEX member_balance_owes ON member_balance (pool, member) WHERE receivable > 0;

-- Closed in order, from the pool's first month on: no posting is of a day up to the last of them.
CREATE TABLE closed_month (
    pool      BIGINT NOT NULL REFERENCES pool,
    first_day BIGINT NOT NULL,
    last_day  BIGINT NOT NULL CHECK (last_day > first_day),
    -- How many postings the pool had.
    postings  BIGINT NOT NULL CHECK (postings >= 0),
    reason    TEXT NOT NULL CHECK (reason <> ''),
    closed_by TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (pool, first_day)
);

CREATE TRIGGER closed_month_is_not_rewritten BEFORE UPDATE ON closed_month
FOR EACH ROW EXECUTE FUNCTION refuse('a month that is closed stays closed');
CREATE TRIGGER closed_month_is_not_cut BEFORE DELETE ON closed_month
FOR EACH ROW EXECUTE FUNCTION refuse('a month that is closed stays closed');
CREATE TRIGGER closed_month_is_not_emptied BEFORE TRUNCATE ON closed_month
FOR EACH STATEMENT EXECUTE FUNCTION refuse('a month that is closed stays closed');

CREATE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM closed_month WHERE pool = new.pool AND last_day >= new.day) THEN
        RAISE EXCEPTION 'a closed month takes no postings'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER posting_is_of_no_closed_month BEFORE INSERT ON posting
FOR EACH ROW EXECUTE FUNCTION refuse_closed();

-- Views, with what corrections changed. As booked is revision 0; restated is where newest holds:
-- no later correction has the line, or the day. A line that no longer counts is one of 0.
DROP VIEW settlement_by_day;
DROP VIEW earning;
DROP VIEW vesting_by_day;

CREATE VIEW settlement_by_day AS
SELECT settled.number AS settlement, pool.name AS pool, stream.name AS stream,
    DATE '1970-01-01' + CAST(settled.day AS INTEGER) AS day, settled.revision,
    NOT EXISTS (SELECT 1 FROM settlement AS later
        WHERE later.stream = settled.stream AND later.day = settled.day
        AND later.kind = 'day' AND later.revision > settled.revision) AS newest,
    pool.coin,
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
SELECT member, name, pool, order_id, stream, day, revision, newest, coin, power_bytes,
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
    SELECT member, name, pool, order_id, stream, day, revision, newest, coin, power_bytes,
        millionths, default_coefficient, whole, fee_rate, gross, fee, net,
        CASE WHEN COALESCE(steps, 0) = 0 THEN net
            ELSE net / 1000000 * rate + net % 1000000 * rate / 1000000 END AS immediate,
        settlement
    FROM (
        SELECT member.code AS member, member.name, pool.name AS pool,
            pool_order.id AS order_id, stream.name AS stream,
            DATE '1970-01-01' + CAST(settled.day AS INTEGER) AS day, settled.revision,
            NOT EXISTS (SELECT 1 FROM settlement AS later JOIN line AS its
                ON its.settlement = later.number AND its.version = version.number
                WHERE later.stream = settled.stream AND later.day = settled.day
                AND later.kind = 'day' AND later.revision > settled.revision) AS newest,
            pool.coin,
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
-- were posted before it; one of nothing takes none. A line that is corrected goes on as corrected,
-- from the steps on that were released by then; corrected_vesting has T where it is another.
CREATE VIEW vesting_by_day AS
WITH how AS NOT MATERIALIZED (
    -- A row says how, or, of corrections and where nothing vests any more, the terms do.
    SELECT settled.number, settled.pool, settled.stream, settled.day AS earned_on, settled.kind,
        settled.revision, settled.posting, settled.terms,
        COALESCE(vesting.day, settled.day) AS day,
        COALESCE(vesting.steps, CAST(CAST(settled.terms AS JSON)
            -> 'vesting' ->> 'steps' AS BIGINT)) AS steps,
        COALESCE(vesting.dates, CAST(settled.terms AS JSON) -> 'vesting' ->> 'dates') AS dates
    FROM settlement AS settled
    LEFT JOIN vesting ON vesting.settlement = settled.number
), step AS NOT MATERIALIZED (
    SELECT how.number AS settlement, how.pool, how.stream, how.earned_on,
        how.kind, how.revision, release.day AS released_on,
        release.posting AS release_posting, how.steps,
        CAST(CAST(how.terms AS JSON)
            -> 'vesting' ->> 'immediate_millionths' AS BIGINT) AS rate,
        CASE WHEN how.dates IS NULL THEN LEAST(how.steps, release.day - how.day)
            ELSE (SELECT COUNT(*)
                FROM json_array_elements_text(CAST(how.dates AS JSON)) AS date
                WHERE CAST(date AS DATE) - DATE '1970-01-01' > how.day
                AND CAST(date AS DATE) - DATE '1970-01-01' <= release.day) END AS until,
        COALESCE((SELECT
                CASE WHEN how.dates IS NULL THEN LEAST(how.steps, earlier.day - how.day)
                ELSE (SELECT COUNT(*)
                    FROM json_array_elements_text(CAST(how.dates AS JSON)) AS date
                    WHERE CAST(date AS DATE) - DATE '1970-01-01' > how.day
                    AND CAST(date AS DATE) - DATE '1970-01-01' <= earlier.day) END
            FROM release AS earlier WHERE earlier.stream = release.stream
            AND earlier.day < release.day AND earlier.day > how.day
            AND earlier.posting > how.posting
            ORDER BY earlier.day DESC LIMIT 1),
            CAST(CAST(how.terms AS JSON) ->> 'done' AS BIGINT),
            CAST(CAST(how.terms AS JSON) -> 'correction' ->> 'done' AS BIGINT), 0) AS since
    FROM how
    JOIN release ON release.stream = how.stream AND release.day > how.day
        AND release.posting > how.posting
    WHERE how.steps > 0
), part AS NOT MATERIALIZED (
    SELECT version.number AS version, version.member, version.of_order, step.pool, step.stream,
        step.earned_on, step.released_on, step.steps, step.since, step.until,
        COALESCE((SELECT it.total FROM corrected_vesting AS it
            WHERE it.settlement = step.settlement AND it.version = version.number),
            line.gross - line.fee - ((line.gross - line.fee) / 1000000 * step.rate
            + (line.gross - line.fee) % 1000000 * step.rate / 1000000)) AS total
    FROM order_version AS version
    JOIN line ON line.version = version.number
    JOIN step ON step.settlement = line.settlement AND step.until > step.since
        AND NOT EXISTS (SELECT 1 FROM settlement AS later JOIN line AS its
            ON its.settlement = later.number AND its.version = version.number
            WHERE step.kind = 'day' AND later.stream = step.stream AND later.day = step.earned_on
            AND later.kind = 'day' AND later.revision > step.revision
            AND later.posting < step.release_posting)
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
