-- Where legs are. Items: number of legs; then their ids. Outcomes: per leg its state.
local refusal = guard_journal() or guard_known()
if refusal then return refusal end
local ids, states = {}, {}
for i = 1, tonumber(ARGV[ITEMS]) do ids[i] = ARGV[ITEMS + i] end
marks = fetch(LEGS, ids)
for i, id in ipairs(ids) do
  local mark = marks[id]
  local login, amount = string.match(mark or '', '^h|(.*):(%d+)|[^|]*|[^|]*|[^|]*|%d+$')
  states[i] = state_of({ id = id, login = login or '', amount = amount or '',
    row = (login or '') .. ':' .. (amount or '') })
end
-- An entry that can't be read was changed by somebody else, and so is no hold in place.
return { 'ok', '0', '', states }
