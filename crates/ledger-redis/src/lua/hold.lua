-- Payable -> in flight. Items: number of payments, each one's number of legs; then per leg id,
-- login, amount and its mark. Outcomes: per payment `false`, or {leg, why, detail...}.
local refusal = guard_journal() or guard_token() or guard_known()
if refusal then return refusal end
local lock = call('GET', LOCK)
if lock ~= 'paydirt:' .. ARGV[2] then return { 'locked', lock or '' } end
refusal = read_finances()
if refusal then return refusal end

local payments = tonumber(ARGV[ITEMS])
local count, last = 0, {}
for p = 1, payments do
  count = count + tonumber(ARGV[ITEMS + p])
  last[p] = count
end
read_legs(ITEMS + payments + 1, count, 4)
if bad then return bad end
local any_rows = call('ZCARD', PENDING) > 0

-- Why this leg can't be held (a table), or whether it is held already.
local function try_hold(i)
  local login, amount = logins[i], amounts[i]
  local m = member(login)
  if m.entry then return { 'bad', m.entry, m.found } end
  local mark = marks[ids[i]]
  if mark then
    if is_of_another(i, mark) then return { 'another' } end
    local state = state_of(i)
    if state == 'held' then return nil, true end
    return { state }
  end
  if open[login] then return { 'other', open[login] } end
  local balance, pending = m[BALANCE], m[FLYING]
  if is_negative(balance) or is_negative(pending) then
    return { 'negative', m[KEY], balance, pending }
  end
  local debt = owed[login] or '0'
  local needed = add(amount, debt, 1)
  if not needed or less(balance, needed) then return { 'short', balance, debt } end
  if not add(pending, amount, 1) then return { 'bad', m[KEY] .. ' pending', pending } end
  if any_rows and call('ZSCORE', PENDING, rows[i]) then return { 'row', rows[i] } end
end

local outcomes, at, begun = {}, 0, {}
for p = 1, payments do
  local n, why = 0, false
  for i = at + 1, last[p] do
    local reason, already = try_hold(i)
    if reason then
      why = { ids[i], unpack(reason) }
      break
    end
    if not already then
      n = n + 1
      begun[n] = i
      open[logins[i]] = ids[i]
    end
  end
  for k = 1, n do
    local i = begun[k]
    if why then
      open[logins[i]] = false
    else
      shift(members[logins[i]], BALANCE, FLYING, amounts[i])
      begin_hold(i)
    end
  end
  outcomes[p], at = why, last[p]
end
return finish(outcomes)
