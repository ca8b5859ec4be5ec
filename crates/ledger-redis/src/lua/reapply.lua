-- Brings legs to what the journal says, whatever was lost. Items: number of legs; then per leg id,
-- login, amount, mark or transaction, and 'held', 'settled' or 'gone' (those to be held last, so
-- that a member's earlier leg is over by then). Outcomes: per leg {what it was, owed}.
local refusal = guard_journal() or guard_token() or read_finances()
if refusal then return refusal end

-- Takes a settled leg's record back: paid -> payable.
local function unrecord(leg)
  local m = readable(leg.login)
  if not m then return end
  local tx = string.match(marks[leg.id], '|([^|]*)|%d+$')
  if not tx or less(m.paid, leg.amount) then return refuse(LEGS .. ' ' .. leg.id, marks[leg.id]) end
  shift(m, 'paid', 'balance', leg.amount)
  push(new.forgotten, { ALL, tx .. ':' .. leg.row }, { m.history, tx .. ':' .. leg.amount })
end

local function hold_anyway(leg, state)
  local other = open[leg.login]
  if other and other ~= leg.id then return refuse(OPEN .. ' ' .. leg.login, other) end
  local m = readable(leg.login)
  if not m then return '0' end
  if state == 'settled' then unrecord(leg) end
  local wanted = leg.amount
  -- Its row stands, so what is in flight is a part of it.
  if leg.has_row and less('0', m.pending) then wanted = add(wanted, m.pending, -1) end
  local taken, missing = at_most(m, wanted)
  shift(m, 'balance', 'pending', taken)
  shift(m, nil, 'pending', missing)
  book_receivable(leg, missing)
  begin_hold(leg, leg.more)
  new.revived[#new.revived + 1] = leg.id
  return missing
end

local function bring(leg, state)
  if leg.to == 'held' then
    if state == 'held' then return '0', true end
    return hold_anyway(leg, state)
  elseif leg.to == 'settled' then
    if state == 'settled' then return '0', true end
    local _, missing = record(leg, state, leg.more)
    return missing
  end
  if state == 'released' or state == 'void' then return '0', true end
  if state == 'settled' then
    unrecord(leg)
    mark_over(leg, 'r', '')
  else
    give_back(leg, state)
  end
  return '0'
end

local outcomes = {}
for i, leg in ipairs(read_legs(ITEMS + 1, tonumber(ARGV[ITEMS]), 5)) do
  local state = state_of(leg)
  local missing, unchanged = bring(leg, state)
  outcomes[i] = { unchanged and 'unchanged' or state, missing or '0' }
end
return finish(outcomes, true)
