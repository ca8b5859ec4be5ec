-- Legs: where they are, and what ends or begins their hold. A mark is
-- `h|<login>:<amount>|<payment>|<wallet>|<address>|<unix ms>` while held, and afterwards
-- `s|` (settled), `r|` (given back) or `v|` (never held) `<login>:<amount>|<tx>|<unix ms>`, this
-- time by Redis' own clock.
local clock = call('TIME')
local now_ms = format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))

-- A leg is its place in these; `more` and `goal` are its further arguments.
local ids, logins, amounts, rows, more, goal = {}, {}, {}, {}, {}, {}
local has_row = {}               -- by place: whether its pending row is there and is its own
local marks, open, owed = {}, {}, {}    -- by leg, by login, by login

-- What is to be written; flat lists as the commands take them.
local new_marks, new_open, new_rows, new_all, new_owed = {}, {}, {}, {}, {}
local closed, ended, over, forgotten = {}, {}, {}, {}
local histories, history_rows = {}, {}

-- Reads `count` items of `width` arguments that begin with id, login and amount.
local function read_legs(from, count, width)
  for i = 1, count do
    local login, amount = ARGV[from + 1], ARGV[from + 2]
    ids[i], logins[i], rows[i] = ARGV[from], login, login .. ':' .. amount
    amounts[i] = amount
    if width > 3 then more[i] = ARGV[from + 3] end
    if width > 4 then goal[i] = ARGV[from + 4] end
    from = from + width
  end
  marks, open = fetch(LEGS, ids), fetch(OPEN, logins)
  if call('EXISTS', OWED) == 1 then
    for login, amount in pairs(fetch(OWED, logins)) do
      owed[login] = whole(amount) or refuse(OWED .. ' ' .. login, amount)
    end
  end
end

-- Whether the mark of a leg in flight is of another member or amount.
local function is_of_another(i, mark)
  return sub(mark, 1, 1) == 'h' and sub(mark, 3, #rows[i] + 3) ~= rows[i] .. '|'
end

-- 'absent', 'held', 'rolled', 'settled', 'released' or 'void'.
local LETTERS = { s = 'settled', r = 'released', v = 'void' }
local function state_of(i)
  local mark = marks[ids[i]]
  if not mark then return 'absent' end
  local over = LETTERS[sub(mark, 1, 1)]
  if over then return over end
  if is_of_another(i, mark) then
    refuse(LEGS .. ' ' .. ids[i], mark)
    return 'rolled'
  end
  local m = readable(logins[i])
  local there = call('ZSCORE', PENDING, rows[i])
  has_row[i] = there
  if m and there and not less(m[FLYING], amounts[i]) then return 'held' end
  return 'rolled'
end

local function mark_over(i, letter, tx)
  local id, login = ids[i], logins[i]
  local mark = letter .. '|' .. rows[i] .. '|' .. tx .. '|' .. now_ms
  local n = #new_marks
  new_marks[n + 1], new_marks[n + 2] = id, mark
  over[#over + 1] = id
  marks[id] = mark
  if has_row[i] then ended[#ended + 1] = rows[i] end
  if open[login] == id then
    closed[#closed + 1] = login
    open[login] = false
  end
end

-- What the balance has of an amount, and what is missing.
local function at_most(m, amount)
  if is_negative(m[BALANCE]) then return '0', amount end
  if less(m[BALANCE], amount) then return m[BALANCE], add(amount, m[BALANCE], -1) end
  return amount, '0'
end

local function book_receivable(login, missing)
  if missing == '0' then return end
  local sum = add(owed[login] or '0', missing, 1)
  if not sum then return refuse(OWED .. ' ' .. login, 'a number that would leave 64 bits') end
  owed[login] = sum
  local n = #new_owed
  new_owed[n + 1], new_owed[n + 2] = login, sum
end

-- In flight -> paid; without its hold from the balance, the rest becomes a receivable. Returns
-- what was taken from the balance and what is owed.
local function record(i, state, tx)
  local login, amount = logins[i], amounts[i]
  local m = readable(login)
  if not m then return '0', '0' end
  local history = PAYMENTS .. login
  local fine, kind = is_zset(history)
  if not fine then refuse(history, kind) end
  local taken, missing = '0', '0'
  if state == 'held' then
    shift(m, FLYING, PAID, amount)
  else
    taken, missing = at_most(m, amount)
    shift(m, BALANCE, PAID, taken)
    shift(m, 0, PAID, missing)
    book_receivable(login, missing)
  end
  local n = #new_all
  new_all[n + 1], new_all[n + 2] = ARGV[8], tx .. ':' .. rows[i]
  n = #histories + 1
  histories[n], history_rows[n] = history, tx .. ':' .. amount
  mark_over(i, 's', tx)
  return taken, missing
end

-- In flight -> payable; what is not in flight moves nothing. Either way it never can be again.
local function give_back(i, state)
  if state == 'held' then
    local m = readable(logins[i])
    if m then shift(m, FLYING, BALANCE, amounts[i]) end
  end
  mark_over(i, state == 'held' and 'r' or 'v', '')
end

local function begin_hold(i)
  local id, login, n = ids[i], logins[i], #new_rows
  new_rows[n + 1], new_rows[n + 2] = ARGV[8], rows[i]
  new_open[n + 1], new_open[n + 2] = login, id
  n = #new_marks
  new_marks[n + 1], new_marks[n + 2] = id, more[i]
  open[login] = id
end

-- Forgets legs that have been over for long, the oldest first. One that is in flight again, or
-- that was over again later, has another place further on.
local function prune()
  local first = call('LRANGE', OVER, 0, 0)[1]
  if not first then return end
  local before = tonumber(now_ms) - OVER_KEPT_MS
  local function ended_at(mark)
    return mark and sub(mark, 1, 1) ~= 'h' and tonumber(string.match(mark, '|(%d+)$') or 0) or 0
  end
  if ended_at(call('HGET', LEGS, first)) > before then return end
  local oldest, forget, passed = call('LRANGE', OVER, 0, PRUNED_AT_ONCE - 1), {}, 0
  local found = fetch(LEGS, oldest)
  for _, id in ipairs(oldest) do
    local at = ended_at(found[id])
    if at > before then break end
    passed = passed + 1
    if at > 0 then forget[#forget + 1] = id end
  end
  call('LTRIM', OVER, passed, -1)
  in_chunks('HDEL', LEGS, forget)
end

-- Writes everything as one move with an id of its own.
local function commit()
  local _, seq = last_move()
  write_accounts()
  in_chunks('ZREM', PENDING, ended)
  in_chunks('ZADD', PENDING, new_rows)
  in_chunks('ZADD', ALL, new_all)
  for i, key in ipairs(histories) do call('ZADD', key, ARGV[8], history_rows[i]) end
  for _, row in ipairs(forgotten) do call('ZREM', row[1], row[2]) end
  in_chunks('HSET', LEGS, new_marks)
  in_chunks('HDEL', OPEN, closed)
  in_chunks('HSET', OPEN, new_open)
  in_chunks('HSET', OWED, new_owed)
  prune()
  in_chunks('RPUSH', OVER, over)
  note_token()
  call('ZADD', MOVES, format('%.0f', seq + 1), ARGV[7])
  call('ZREMRANGEBYRANK', MOVES, 0, -MOVES_KEPT - 1)
end

-- The reply: a failure, or the last move and the outcomes. Writes if there is anything to write.
local function finish(outcomes, always)
  if bad then return bad end
  if always or #new_marks > 0 then
    total_finances()
    if bad then return bad end
    commit()
  end
  local id, seq = last_move()
  return { 'ok', format('%.0f', seq), id, outcomes }
end
