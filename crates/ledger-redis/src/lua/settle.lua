-- In flight -> paid. Items: number of legs; then per leg id, login, amount and transaction.
-- Outcomes: per leg 'held' or 'settled' as it was, else {what it was, taken from the balance,
-- owed}.
local refusal = guard_journal() or guard_token() or guard_known() or read_finances()
if refusal then return refusal end
local outcomes = {}
read_legs(ITEMS + 1, tonumber(ARGV[ITEMS]), 4)
for i = 1, #ids do
  local state = state_of(i)
  outcomes[i] = state
  if state ~= 'settled' then
    local taken, missing = record(i, state, more[i])
    if state ~= 'held' then outcomes[i] = { state, taken, missing } end
  end
end
return finish(outcomes)
