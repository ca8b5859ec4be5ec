-- All legs in flight, whatever journal: {id, mark, id, mark, ...}.
local found = {}
local all = call('HGETALL', OPEN)
for i = 2, #all, 2 do ids[#ids + 1] = all[i] end
local by_id = fetch(LEGS, ids)
for i, id in ipairs(ids) do found[2 * i - 1], found[2 * i] = id, by_id[id] or '' end
return found
