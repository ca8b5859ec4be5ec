-- Payable -> in flight. Items: number of legs, then per payment its number of legs; then per leg
-- id, login, amount and its mark. Outcomes: per payment `false`, or {leg, why, detail...}.
local refusal = guard_journal() or guard_token() or guard_known()
if refusal then return refusal end
local lock = call('GET', LOCK)
if lock ~= 'paydirt:' .. ARGV[2] then return { 'locked', lock or '' } end
refusal = read_finances()
if refusal then return refusal end

local payments = tonumber(ARGV[ITEMS])
local count = 0
for i = 1, payments do count = count + tonumber(ARGV[ITEMS + i]) end
local legs = read_legs(ITEMS + payments + 1, count, 4)
if bad then return bad end
local any_rows = call('ZCARD', PENDING) > 0

-- Why this leg can't be held (a table), or whether it is held already.
local function try_hold(leg)
  local m = member(leg.login)
  if m.entry then return { 'bad', m.entry, m.found } end
  local state = state_of(leg)
  if state == 'held' then return nil, true end
  if state ~= 'absent' then return { state } end
  local other = open[leg.login]
  if other then return { 'other', other } end
  if less(m.balance, '0') or less(m.pending, '0') then
    return { 'negative', m.key, m.balance, m.pending }
  end
  local debt = owed[leg.login] or '0'
  local needed = add(leg.amount, debt, 1)
  if not needed or less(m.balance, needed) then return { 'short', m.balance, debt } end
  if not add(m.pending, leg.amount, 1) then return { 'bad', m.key .. ' pending', m.pending } end
  if any_rows and call('ZSCORE', PENDING, leg.row) then return { 'row', leg.row } end
end

local outcomes, at = {}, 0
for i = 1, payments do
  local first, begun, why = at + 1, {}, nil
  at = at + tonumber(ARGV[ITEMS + i])
  for k = first, at do
    local leg = legs[k]
    local reason, already = try_hold(leg)
    if reason then
      why = { leg.id, unpack(reason) }
      break
    end
    if not already then
      begun[#begun + 1] = leg
      open[leg.login] = leg.id
    end
  end
  for _, leg in ipairs(begun) do
    open[leg.login] = false
    if not why then
      shift(members[leg.login], 'balance', 'pending', leg.amount)
      begin_hold(leg, leg.more)
    end
  end
  outcomes[i] = why or false
end
return finish(outcomes)
