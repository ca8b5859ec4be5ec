-- Legs: where they are, and what ends or begins their hold. A mark is
-- `h|<login>:<amount>|<payment>|<wallet>|<address>|<unix ms>` while held, and afterwards
-- `s|` (settled), `r|` (given back) or `v|` (never held) `<login>:<amount>|<tx>|<unix ms>`.
local marks, open, owed = {}, {}, {}
local new = { marks = {}, open = {}, closed = {}, rows = {}, ended = {}, over = {}, all = {},
  history = {}, forgotten = {}, owed = {}, revived = {} }
local clock = call('TIME')
local now_ms = format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))

-- Reads `count` items of `width` arguments that begin with id, login and amount.
local function read_legs(from, count, width)
  local legs, ids, logins = {}, {}, {}
  for i = 1, count do
    local id, login, amount = ARGV[from], ARGV[from + 1], ARGV[from + 2]
    legs[i] = { id = id, login = login, amount = amount, row = login .. ':' .. amount,
      more = ARGV[from + 3], to = ARGV[from + 4] }
    ids[i], logins[i] = id, login
    from = from + width
  end
  marks, open = fetch(LEGS, ids), fetch(OPEN, logins)
  if call('EXISTS', OWED) == 1 then
    for login, amount in pairs(fetch(OWED, logins)) do
      owed[login] = whole(amount) or refuse(OWED .. ' ' .. login, amount)
    end
  end
  return legs
end

-- 'absent', 'held', 'rolled', 'settled', 'released' or 'void'.
local LETTERS = { s = 'settled', r = 'released', v = 'void' }
local function state_of(leg)
  local mark = marks[leg.id]
  if not mark then return 'absent' end
  local over = LETTERS[sub(mark, 1, 1)]
  if over then return over end
  if sub(mark, 1, #leg.row + 3) ~= 'h|' .. leg.row .. '|' then
    refuse(LEGS .. ' ' .. leg.id, mark)
    return 'rolled'
  end
  local m = readable(leg.login)
  leg.has_row = call('ZSCORE', PENDING, leg.row)
  if m and leg.has_row and not less(m.pending, leg.amount) then return 'held' end
  return 'rolled'
end

local function push(list, ...)
  local n = #list
  for i = 1, select('#', ...) do list[n + i] = (select(i, ...)) end
end

local function mark_over(leg, letter, tx)
  local mark = letter .. '|' .. leg.row .. '|' .. tx .. '|' .. ARGV[9]
  local set, over, n = new.marks, new.over, #new.marks
  set[n + 1], set[n + 2], over[n + 1], over[n + 2] = leg.id, mark, now_ms, leg.id
  marks[leg.id] = mark
  if leg.has_row then new.ended[#new.ended + 1] = leg.row end
  if open[leg.login] == leg.id then
    new.closed[#new.closed + 1] = leg.login
    open[leg.login] = false
  end
end

-- What the balance has of an amount, and what is missing.
local function at_most(m, amount)
  if less(m.balance, '0') then return '0', amount end
  if less(m.balance, amount) then return m.balance, add(amount, m.balance, -1) end
  return amount, '0'
end

local function book_receivable(leg, missing)
  if missing == '0' then return end
  local sum = add(owed[leg.login] or '0', missing, 1)
  if not sum then return refuse(OWED .. ' ' .. leg.login, 'a sum beyond 64 bits') end
  owed[leg.login] = sum
  push(new.owed, leg.login, sum)
end

-- In flight -> paid; without its hold from the balance, the rest becomes a receivable. Returns
-- what was taken from the balance and what is owed.
local function record(leg, state, tx)
  local m = readable(leg.login)
  if not m then return '0', '0' end
  local taken, missing = '0', '0'
  if state == 'held' then
    shift(m, 'pending', 'paid', leg.amount)
  else
    taken, missing = at_most(m, leg.amount)
    shift(m, 'balance', 'paid', taken)
    shift(m, nil, 'paid', missing)
    book_receivable(leg, missing)
  end
  local all, n = new.all, #new.all
  all[n + 1], all[n + 2] = ARGV[8], tx .. ':' .. leg.row
  new.history[#new.history + 1] = { m.history, tx .. ':' .. leg.amount }
  mark_over(leg, 's', tx)
  return taken, missing
end

-- In flight -> payable; what is not in flight moves nothing. Either way it never can be again.
local function give_back(leg, state)
  if state == 'held' then
    local m = readable(leg.login)
    if m then shift(m, 'pending', 'balance', leg.amount) end
  end
  mark_over(leg, state == 'held' and 'r' or 'v', '')
end

local function begin_hold(leg, mark)
  push(new.rows, ARGV[8], leg.row)
  push(new.marks, leg.id, mark)
  push(new.open, leg.login, leg.id)
  marks[leg.id], open[leg.login] = mark, leg.id
end

local function prune()
  local before = format('(%.0f', tonumber(now_ms) - OVER_KEPT_MS)
  local old = call('ZRANGEBYSCORE', OVER, '-inf', before, 'LIMIT', 0, PRUNED_AT_ONCE)
  in_chunks('HDEL', LEGS, old)
  in_chunks('ZREM', OVER, old)
end

-- Writes everything as one move with an id of its own; returns the reply's head.
local function commit()
  local _, seq = last_move()
  write_accounts()
  in_chunks('ZREM', PENDING, new.ended)
  in_chunks('ZADD', PENDING, new.rows)
  in_chunks('ZADD', ALL, new.all)
  for _, row in ipairs(new.history) do call('ZADD', row[1], ARGV[8], row[2]) end
  for _, row in ipairs(new.forgotten) do call('ZREM', row[1], row[2]) end
  in_chunks('HSET', LEGS, new.marks)
  in_chunks('HDEL', OPEN, new.closed)
  in_chunks('HSET', OPEN, new.open)
  in_chunks('ZADD', OVER, new.over)
  in_chunks('HSET', OWED, new.owed)
  in_chunks('ZREM', OVER, new.revived)
  prune()
  note_token()
  call('ZADD', MOVES, format('%.0f', seq + 1), ARGV[7])
  call('ZREMRANGEBYRANK', MOVES, 0, -MOVES_KEPT - 1)
end

-- The reply: a failure, or the last move and the outcomes. Writes if there is anything to write.
local function finish(outcomes, always)
  if bad then return bad end
  if always or #new.marks > 0 then
    total_finances()
    if bad then return bad end
    commit()
  end
  local id, seq = last_move()
  return { 'ok', format('%.0f', seq), id, outcomes }
end
