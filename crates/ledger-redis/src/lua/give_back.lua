-- Release and void: in flight -> payable, and a tombstone for what is not in flight. Items: number
-- of legs; then per leg id, login and amount. Outcomes: per leg what it was.
local refusal = guard_journal() or guard_token() or guard_known() or read_finances()
if refusal then return refusal end
local outcomes = {}
read_legs(ITEMS + 1, tonumber(ARGV[ITEMS]), 3)
for i = 1, #ids do
  local state = state_of(i)
  if state == 'absent' or state == 'held' or state == 'rolled' then give_back(i, state) end
  outcomes[i] = state
end
return finish(outcomes)
