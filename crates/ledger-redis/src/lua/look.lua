-- Where legs are. Items: number of legs; then their ids. Outcomes: per leg its state.
local refusal = guard_journal() or guard_known()
if refusal then return refusal end
local states = {}
for i = 1, tonumber(ARGV[ITEMS]) do ids[i] = ARGV[ITEMS + i] end
marks = fetch(LEGS, ids)
for i, id in ipairs(ids) do
  local mark = marks[id]
  local login, amount = string.match(mark or '', '^h|(.*):(%d+)|[^|]*|[^|]*|[^|]*|%d+$')
  logins[i], amounts[i] = login or '', whole(amount) or '0'
  rows[i] = logins[i] .. ':' .. (amount or '')
  states[i] = state_of(i)
end
-- An entry that can't be read was changed by somebody else, and so is no hold in place.
return { 'ok', '0', '', states }
