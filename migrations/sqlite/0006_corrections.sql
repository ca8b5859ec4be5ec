-- Settled days that are corrected, debts of members that later credits recover, and months that are
-- closed.

-- A version that a correction made counts for that day alone, and only by that correction's lines.
ALTER TABLE order_version ADD COLUMN corrects_day INTEGER
    CHECK (corrects_day IS NULL OR valid_until <= valid_from);

CREATE TRIGGER order_version_correction_stays BEFORE UPDATE OF corrects_day ON order_version
BEGIN SELECT RAISE(ABORT, 'a version of an order never changes'); END;

CREATE INDEX settlement_corrections ON settlement (stream, number) WHERE revision > 0;

-- Of a corrected line T, where its terms don't give it: what was given before its time stays given,
-- and floor(T * k / n) goes on from there.
CREATE TABLE corrected_vesting (
    settlement INTEGER NOT NULL REFERENCES settlement,
    version    INTEGER NOT NULL REFERENCES order_version,
    total      INTEGER NOT NULL CHECK (total >= 0),
    PRIMARY KEY (settlement, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER corrected_vesting_is_not_rewritten BEFORE UPDATE ON corrected_vesting
BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;
CREATE TRIGGER corrected_vesting_is_not_cut BEFORE DELETE ON corrected_vesting
BEGIN SELECT RAISE(ABORT, 'lines are append-only'); END;

-- Few owe, and they are looked for with each credit.
CREATE INDEX member_balance_owes ON member_balance (pool, member) WHERE receivable > 0;

-- Closed in order, from the pool's first month on: no posting is of a day up to the last of them.
CREATE TABLE closed_month (
    pool      INTEGER NOT NULL REFERENCES pool,
    first_day INTEGER NOT NULL,
    last_day  INTEGER NOT NULL CHECK (last_day > first_day),
    -- How many postings the pool had.
    postings  INTEGER NOT NULL CHECK (postings >= 0),
    reason    TEXT NOT NULL CHECK (reason <> ''),
    closed_by TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    PRIMARY KEY (pool, first_day)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER closed_month_is_not_rewritten BEFORE UPDATE ON closed_month
BEGIN SELECT RAISE(ABORT, 'a month that is closed stays closed'); END;
CREATE TRIGGER closed_month_is_not_cut BEFORE DELETE ON closed_month
BEGIN SELECT RAISE(ABORT, 'a month that is closed stays closed'); END;
CREATE TRIGGER posting_is_of_no_closed_month BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM closed_month WHERE pool = new.pool AND last_day >= new.day)
BEGIN SELECT RAISE(ABORT, 'a closed month takes no postings'); END;

-- Views, with what corrections changed. As booked is revision 0; restated is where newest holds:
-- no later correction has the line, or the day. A line that no longer counts is one of 0.
DROP VIEW settlement_by_day;
DROP VIEW earning;
DROP VIEW vesting_by_day;

CREATE VIEW settlement_by_day AS
SELECT settlement, pool, stream, day, revision, newest, coin,
    COALESCE(NULLIF(ltrim(substr(items, 1, 45 - decimals), '0'), ''), '0')
        || '.' || substr(items, 46 - decimals) AS items,
    COALESCE(NULLIF(ltrim(substr(deductions, 1, 45 - decimals), '0'), ''), '0')
        || '.' || substr(deductions, 46 - decimals) AS deductions,
    income, net, fee, retained, immediate, vesting,
    CASE WHEN pool_power IS NOT NULL THEN COALESCE(NULLIF(ltrim(digits_of_power, '0'), ''), '0') END
        AS pool_power_bytes,
    COALESCE(NULLIF(ltrim(substr(sold, 1, 39), '0'), ''), '0')
        || '.' || substr(sold, 40) AS sold_bytes,
    COALESCE(NULLIF(ltrim(substr(whole, 1, 39), '0'), ''), '0')
        || '.' || substr(whole, 40) AS whole_bytes,
    orders, members, begins_at, ends_at, zone, settled_at, settled_by, reason, hash
FROM (
    SELECT settled.number AS settlement, pool.name AS pool, stream.name AS stream,
        date(settled.day * 86400, 'unixepoch') AS day, settled.revision,
        NOT EXISTS (SELECT 1 FROM settlement AS later
            WHERE later.stream = settled.stream AND later.day = settled.day
            AND later.kind = 'day' AND later.revision > settled.revision) AS newest,
        pool.coin, pool.decimals,
        (SELECT digits FROM digits_of AS it
            WHERE it.what = 'items' AND it.number = settled.number) AS items,
        (SELECT digits FROM digits_of AS it
            WHERE it.what = 'deductions' AND it.number = settled.number) AS deductions,
        printf('%d.%09d', settled.income / 1000000000, settled.income % 1000000000) AS income,
        printf('%d.%09d', settled.net / 1000000000, settled.net % 1000000000) AS net,
        printf('%d.%09d', settled.fee / 1000000000, settled.fee % 1000000000) AS fee,
        printf('%d.%09d', settled.retained / 1000000000, settled.retained % 1000000000) AS retained,
        printf('%d.%09d', settled.immediate / 1000000000, settled.immediate % 1000000000)
            AS immediate,
        printf('%d.%09d', (settled.net - settled.immediate) / 1000000000,
            (settled.net - settled.immediate) % 1000000000) AS vesting,
        (SELECT digits FROM digits_of AS it
            WHERE it.what = 'pool_power' AND it.number = settled.number) AS digits_of_power,
        settled.pool_power,
        (SELECT digits FROM digits_of AS it
            WHERE it.what = 'sold' AND it.number = settled.number) AS sold,
        (SELECT digits FROM digits_of AS it
            WHERE it.what = 'whole' AND it.number = settled.number) AS whole,
        settled.lines AS orders, settled.members,
        datetime(settled.begins_at / 1000, 'unixepoch') AS begins_at,
        datetime(settled.ends_at / 1000, 'unixepoch') AS ends_at, settled.zone,
        datetime(settled.settled_at / 1000, 'unixepoch') AS settled_at, settled.settled_by,
        settled.reason, lower(hex(settled.hash)) AS hash
    FROM settlement AS settled
    JOIN pool ON pool.number = settled.pool
    JOIN stream ON stream.number = settled.stream
    WHERE settled.kind = 'day');

CREATE VIEW earning AS
SELECT member, name, pool, order_id, stream, day, revision, newest, coin, power_bytes,
    CASE WHEN millionths IS NULL THEN default_coefficient
        ELSE rtrim(rtrim(printf('%d.%06d', millionths / 1000000, millionths % 1000000), '0'), '.')
        END AS coefficient,
    COALESCE(NULLIF(ltrim(substr(whole, 1, 39), '0'), ''), '0')
        || '.' || substr(whole, 40) AS whole_bytes,
    rtrim(rtrim(printf('%d.%06d', fee_rate / 1000000, fee_rate % 1000000), '0'), '.') AS fee_rate,
    printf('%d.%09d', gross / 1000000000, gross % 1000000000) AS gross,
    printf('%d.%09d', fee / 1000000000, fee % 1000000000) AS fee,
    printf('%d.%09d', net / 1000000000, net % 1000000000) AS net,
    printf('%d.%09d', immediate / 1000000000, immediate % 1000000000) AS immediate,
    printf('%d.%09d', (net - immediate) / 1000000000, (net - immediate) % 1000000000) AS vesting,
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
            date(settled.day * 86400, 'unixepoch') AS day, settled.revision,
            NOT EXISTS (SELECT 1 FROM settlement AS later JOIN line AS its
                ON its.settlement = later.number AND its.version = version.number
                WHERE later.stream = settled.stream AND later.day = settled.day
                AND later.kind = 'day' AND later.revision > settled.revision) AS newest,
            pool.coin,
            version.power AS power_bytes,
            COALESCE(version.coefficient, import.coefficient) AS millionths,
            json_extract(settled.terms, '$.coefficient') AS default_coefficient,
            (SELECT digits FROM digits_of AS it
                WHERE it.what = 'whole' AND it.number = settled.number) AS whole,
            version.fee_rate, line.gross, line.fee, line.gross - line.fee AS net,
            json_extract(settled.terms, '$.vesting.immediate_millionths') AS rate,
            json_extract(settled.terms, '$.vesting.steps') AS steps,
            settled.number AS settlement
        FROM order_version AS version
        JOIN member ON member.number = version.member
        JOIN pool_order ON pool_order.number = version.of_order
        JOIN pool ON pool.number = pool_order.pool
        JOIN settlement AS settled ON settled.pool = pool.number AND settled.kind = 'day'
        JOIN stream ON stream.number = settled.stream
        JOIN line ON line.settlement = settled.number AND line.version = version.number
        LEFT JOIN import ON import.number = version.import));

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
        COALESCE(vesting.steps, json_extract(settled.terms, '$.vesting.steps')) AS steps,
        COALESCE(vesting.dates, json_extract(settled.terms, '$.vesting.dates')) AS dates
    FROM settlement AS settled
    LEFT JOIN vesting ON vesting.settlement = settled.number
), step AS NOT MATERIALIZED (
    SELECT how.number AS settlement, how.pool, how.stream, how.earned_on,
        how.kind, how.revision, release.day AS released_on,
        release.posting AS release_posting, how.steps,
        json_extract(how.terms, '$.vesting.immediate_millionths') AS rate,
        CASE WHEN how.dates IS NULL THEN min(how.steps, release.day - how.day)
            ELSE (SELECT COUNT(*) FROM json_each(how.dates) AS date
                WHERE unixepoch(date.value) / 86400 > how.day
                AND unixepoch(date.value) / 86400 <= release.day) END AS until,
        COALESCE((SELECT
                CASE WHEN how.dates IS NULL THEN min(how.steps, earlier.day - how.day)
                ELSE (SELECT COUNT(*) FROM json_each(how.dates) AS date
                    WHERE unixepoch(date.value) / 86400 > how.day
                    AND unixepoch(date.value) / 86400 <= earlier.day) END
            FROM release AS earlier WHERE earlier.stream = release.stream
            AND earlier.day < release.day AND earlier.day > how.day
            AND earlier.posting > how.posting
            ORDER BY earlier.day DESC LIMIT 1),
            json_extract(how.terms, '$.done'),
            json_extract(how.terms, '$.correction.done'), 0) AS since
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
    -- In this order: a member's versions, and their lines by key.
    FROM order_version AS version CROSS JOIN step CROSS JOIN line
    WHERE line.settlement = step.settlement AND line.version = version.number
        AND step.until > step.since
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
    date(earned_on * 86400, 'unixepoch') AS earned_on,
    date(released_on * 86400, 'unixepoch') AS released_on, pool.coin,
    printf('%d.%09d', units / 1000000000, units % 1000000000) AS amount
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
    date(earned_on * 86400, 'unixepoch'),
    date(released_on * 86400, 'unixepoch'), pool.coin,
    printf('%d.%09d', units / 1000000000, units % 1000000000)
FROM vesting_holder AS holder
JOIN member ON member.number = holder.member
JOIN share ON share.version = holder.version AND holder.from_day <= share.released_on
JOIN pool_order ON pool_order.number = share.of_order
JOIN pool ON pool.number = share.pool
JOIN stream ON stream.number = share.stream
WHERE units > 0 AND NOT EXISTS (SELECT 1 FROM vesting_holder AS later
    WHERE later.version = holder.version AND later.from_day > holder.from_day
    AND later.from_day <= share.released_on);
