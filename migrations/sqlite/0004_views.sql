-- For people who query the database: views in plain words, which can only be read.
--
-- Days are YYYY-MM-DD, instants YYYY-MM-DD HH:MM:SS, in UTC. Amounts are in coins and exact:
-- texts with all decimals, as numbers would be rounded; texts don't sort as numbers do.
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

CREATE VIEW balance AS
SELECT code AS member, name, pool, coin,
    printf('%d.%09d', available / 1000000000, available % 1000000000) AS available,
    printf('%d.%09d', frozen / 1000000000, frozen % 1000000000) AS frozen,
    printf('%d.%09d', vesting / 1000000000, vesting % 1000000000) AS vesting,
    printf('%d.%09d', to_transfer / 1000000000, to_transfer % 1000000000) AS to_transfer,
    printf('%d.%09d', in_flight / 1000000000, in_flight % 1000000000) AS in_flight,
    printf('%d.%09d', paid / 1000000000, paid % 1000000000) AS paid,
    printf('%d.%09d', receivable / 1000000000, receivable % 1000000000) AS receivable
FROM (
    SELECT member.code, member.name, pool.name AS pool, pool.coin,
        has.available, has.frozen, has.vesting,
        COALESCE((SELECT SUM(collected.to_transfer) FROM stream_balance AS collected
            JOIN stream ON stream.number = collected.stream
            WHERE stream.pool = has.pool AND collected.member = has.member), 0) AS to_transfer,
        has.in_flight, has.paid, has.receivable
    FROM member_balance AS has
    JOIN member ON member.number = has.member
    JOIN pool ON pool.number = has.pool);

CREATE VIEW currency_transfer AS
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
JOIN payment ON payment.id = leg.payment;

-- For the views below: numbers of 16 bytes in 45 decimal digits, three times 15.
CREATE VIEW digits_of AS
SELECT what, number,
    (WITH RECURSIVE digit (place, next, high, middle, low) AS (
        SELECT 1, instr('123456789ABCDEF', substr(hex(value), 1, 1)), 0, 0, 0
        UNION ALL
        SELECT place + 1, instr('123456789ABCDEF', substr(hex(value), place + 1, 1)),
            high * 16 + (middle * 16 + (low * 16 + next) / 1000000000000000) / 1000000000000000,
            (middle * 16 + (low * 16 + next) / 1000000000000000) % 1000000000000000,
            (low * 16 + next) % 1000000000000000
        FROM digit WHERE place <= 32)
    SELECT printf('%015d%015d%015d', high, middle, low) FROM digit WHERE place = 33) AS digits
FROM (
    SELECT 'item' AS what, number, amount AS value FROM income_item
    UNION ALL SELECT 'items', number, items FROM settlement
    UNION ALL SELECT 'deductions', number, deductions FROM settlement
    UNION ALL SELECT 'pool_power', number, pool_power FROM settlement
    UNION ALL SELECT 'sold', number, sold FROM settlement
    UNION ALL SELECT 'whole', number, whole FROM settlement);

CREATE VIEW income_by_day AS
SELECT pool, stream, date(day * 86400, 'unixepoch') AS day, coin, kind, items, open_items,
    COALESCE(NULLIF(ltrim(substr(digits, 1, 45 - decimals), '0'), ''), '0')
        || '.' || substr(digits, 46 - decimals) AS amount
FROM (
    SELECT pool, stream, day, coin, decimals, kind, items, open_items,
        printf('%015d%015d%015d', high + (middle + low / 1000000000000000) / 1000000000000000,
            (middle + low / 1000000000000000) % 1000000000000000, low % 1000000000000000) AS digits
    FROM (
        SELECT pool, stream, day, coin, decimals, kind, COUNT(*) AS items,
            COUNT(CASE WHEN kind IN ('income', 'deduction', 'unclassified')
                AND settlement IS NULL THEN 1 END) AS open_items,
            SUM(CAST(substr(digits, 1, 15) AS INTEGER)) AS high,
            SUM(CAST(substr(digits, 16, 15) AS INTEGER)) AS middle,
            SUM(CAST(substr(digits, 31, 15) AS INTEGER)) AS low
        FROM (
            SELECT pool.name AS pool, stream.name AS stream, item.day, pool.coin, pool.decimals,
                item.kind, item.settlement,
                (SELECT digits FROM digits_of AS it
                    WHERE it.what = 'item' AND it.number = item.number) AS digits
            FROM income_item AS item
            JOIN pool ON pool.number = item.pool
            LEFT JOIN stream ON stream.number = item.stream)
        GROUP BY pool, stream, day, coin, decimals, kind));

CREATE VIEW settlement_by_day AS
SELECT settlement, pool, stream, day, revision, coin,
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
        date(settled.day * 86400, 'unixepoch') AS day, settled.revision, pool.coin, pool.decimals,
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
SELECT member, name, pool, order_id, stream, day, revision, coin, power_bytes,
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
    SELECT member, name, pool, order_id, stream, day, revision, coin, power_bytes, millionths,
        default_coefficient, whole, fee_rate, gross, fee, net,
        CASE WHEN COALESCE(steps, 0) = 0 THEN net
            ELSE net / 1000000 * rate + net % 1000000 * rate / 1000000 END AS immediate,
        settlement
    FROM (
        SELECT member.code AS member, member.name, pool.name AS pool,
            pool_order.id AS order_id, stream.name AS stream,
            date(settled.day * 86400, 'unixepoch') AS day, settled.revision, pool.coin,
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
-- were posted before it; one of nothing takes none.
CREATE VIEW vesting_by_day AS
WITH step AS NOT MATERIALIZED (
    SELECT settled.number AS settlement, settled.pool, settled.stream, settled.day AS earned_on,
        release.day AS released_on, vesting.steps,
        json_extract(settled.terms, '$.vesting.immediate_millionths') AS rate,
        CASE WHEN vesting.dates IS NULL THEN min(vesting.steps, release.day - vesting.day)
            ELSE (SELECT COUNT(*) FROM json_each(vesting.dates) AS date
                WHERE unixepoch(date.value) / 86400 > vesting.day
                AND unixepoch(date.value) / 86400 <= release.day) END AS until,
        COALESCE((SELECT
                CASE WHEN vesting.dates IS NULL THEN min(vesting.steps, earlier.day - vesting.day)
                ELSE (SELECT COUNT(*) FROM json_each(vesting.dates) AS date
                    WHERE unixepoch(date.value) / 86400 > vesting.day
                    AND unixepoch(date.value) / 86400 <= earlier.day) END
            FROM release AS earlier WHERE earlier.stream = release.stream
            AND earlier.day < release.day AND earlier.day > vesting.day
            AND earlier.posting > settled.posting
            ORDER BY earlier.day DESC LIMIT 1),
            json_extract(settled.terms, '$.done'), 0) AS since
    FROM vesting
    JOIN settlement AS settled ON settled.number = vesting.settlement
    JOIN release ON release.stream = vesting.stream AND release.day > vesting.day
        AND release.posting > settled.posting
), part AS NOT MATERIALIZED (
    SELECT version.number AS version, version.member, version.of_order, step.pool, step.stream,
        step.earned_on, step.released_on, step.steps, step.since, step.until,
        line.gross - line.fee - ((line.gross - line.fee) / 1000000 * step.rate
            + (line.gross - line.fee) % 1000000 * step.rate / 1000000) AS total
    -- In this order: a member's versions, and their lines by key.
    FROM order_version AS version CROSS JOIN step CROSS JOIN line
    WHERE line.settlement = step.settlement AND line.version = version.number
        AND step.until > step.since
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

CREATE VIEW trial_balance AS
SELECT pool, coin, account, stream,
    CASE WHEN amount < 0 THEN printf('%d.%09d', -amount / 1000000000, -amount % 1000000000)
        END AS debit,
    CASE WHEN amount >= 0 THEN printf('%d.%09d', amount / 1000000000, amount % 1000000000)
        END AS credit
FROM (
    SELECT pool.name AS pool, pool.coin, moved.account, stream.name AS stream,
        SUM(moved.amount) AS amount
    FROM account_day AS moved
    JOIN pool ON pool.number = moved.pool
    LEFT JOIN stream ON stream.number = moved.stream
    GROUP BY pool.name, pool.coin, moved.account, stream.name);

CREATE VIEW ledger_entry AS
SELECT pool.name AS pool, posting.seq AS posting,
    date(posting.day * 86400, 'unixepoch') AS day, posting.kind, posting.cause,
    entry.account, stream.name AS stream, member.code AS member, pool.coin,
    printf('%s%d.%09d', CASE WHEN entry.amount < 0 THEN '-' ELSE '' END,
           abs(entry.amount / 1000000000), abs(entry.amount % 1000000000)) AS amount,
    datetime(posting.posted_at / 1000, 'unixepoch') AS posted_at,
    posting.posted_by
FROM posting
JOIN entry ON entry.posting = posting.number
JOIN pool ON pool.number = posting.pool
LEFT JOIN stream ON stream.number = COALESCE(entry.stream, posting.stream)
LEFT JOIN member ON member.number = entry.member;
