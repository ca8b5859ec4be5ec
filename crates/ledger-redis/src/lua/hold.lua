-- Payable -> in flight. Items: number of legs; how many each payment has, with spaces ('' if each
-- has one); then per leg id, login, amount and its mark. Outcomes: per payment `false`, or {leg, why, detail...}.
local refusal = guard_journal() or guard_token() or guard_known()
if refusal then return refusal end
local lock = call('GET', LOCK)
if lock ~= 'paydirt:' .. ARGV[2] then return { 'locked', lock or '' } end
refusal = read_finances()
if refusal then return refusal end

-- The place of each payment's last leg.
local last, count = {}, tonumber(ARGV[ITEMS])
for legs in string.gmatch(ARGV[ITEMS + 1], '%d+') do
  last[#last + 1] = (last[#last] or 0) + tonumber(legs)
end
local payments = ARGV[ITEMS + 1] == '' and count or #last
read_legs(ITEMS + 2, count, 4)
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
  local n, why, to = 0, false, last[p] or p
  for i = at + 1, to do
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
      open[logins[i]] = nil
    else
      shift(members[logins[i]], BALANCE, FLYING, amounts[i])
      begin_hold(i)
    end
  end
  outcomes[p], at = why, to
end
return finish(outcomes)
