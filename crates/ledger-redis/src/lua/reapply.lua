-- Brings legs to what the journal says, whatever was lost. Items: number of legs; then per leg id,
-- login, amount, mark or transaction, and 'held', 'settled' or 'gone' (those to be held last, so
-- that a member's earlier leg is over by then). Outcomes: per leg {what it was, owed}.
local refusal = guard_journal() or guard_token() or read_finances()
if refusal then return refusal end

-- Takes a settled leg's record back: paid -> payable.
local function unrecord(i)
  local m, mark = readable(logins[i]), marks[ids[i]]
  if not m then return end
  local tx = string.match(mark, '|([^|]*)|%d+$')
  if not tx or less(m[PAID], amounts[i]) then return refuse(LEGS .. ' ' .. ids[i], mark) end
  shift(m, PAID, BALANCE, amounts[i])
  forgotten[#forgotten + 1] = { ALL, tx .. ':' .. rows[i] }
  forgotten[#forgotten + 1] = { PAYMENTS .. logins[i], tx .. ':' .. amounts[i] }
end

local function hold_anyway(i, state)
  local login = logins[i]
  local other = open[login]
  if other and other ~= ids[i] then
    refuse(OPEN .. ' ' .. login, other)
    return '0'
  end
  local m = readable(login)
  if not m then return '0' end
  if state == 'settled' then unrecord(i) end
  local wanted = amounts[i]
  -- Its row stands, so what is in flight is a part of it.
  if has_row[i] and less('0', m[FLYING]) then wanted = add(wanted, m[FLYING], -1) end
  local taken, missing = at_most(m, wanted)
  shift(m, BALANCE, FLYING, taken)
  shift(m, 0, FLYING, missing)
  book_receivable(login, missing)
  begin_hold(i)
  return missing
end

local function bring(i, state)
  if goal[i] == 'held' then
    if state == 'held' then return '0', true end
    return hold_anyway(i, state)
  elseif goal[i] == 'settled' then
    if state == 'settled' then return '0', true end
    local _, missing = record(i, state, more[i])
    return missing
  end
  if state == 'released' or state == 'void' then return '0', true end
  if state == 'settled' then
    unrecord(i)
    mark_over(i, 'r', '')
  else
    give_back(i, state)
  end
  return '0'
end

local outcomes = {}
read_legs(ITEMS + 1, tonumber(ARGV[ITEMS]), 5)
for i = 1, #ids do
  local state = state_of(i)
  local missing, unchanged = bring(i, state)
  outcomes[i] = { unchanged and 'unchanged' or state, missing }
end
return finish(outcomes, true)
