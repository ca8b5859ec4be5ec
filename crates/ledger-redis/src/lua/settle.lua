-- In flight -> paid. Items: number of legs; then per leg id, login, amount and transaction.
-- Outcomes: per leg {what it was, taken from the balance, owed}.
local refusal = guard_journal() or guard_token() or guard_known() or read_finances()
if refusal then return refusal end
local outcomes = {}
for i, leg in ipairs(read_legs(ITEMS + 1, tonumber(ARGV[ITEMS]), 4)) do
  local state = state_of(leg)
  if state == 'settled' then
    outcomes[i] = { state, '0', '0' }
  else
    outcomes[i] = { state, record(leg, state, leg.more) }
  end
end
return finish(outcomes)
