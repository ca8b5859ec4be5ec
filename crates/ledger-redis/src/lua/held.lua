-- All legs in flight, whatever journal: {id, mark, id, mark, ...}.
local ids, found = {}, {}
local all = call('HGETALL', OPEN)
for i = 2, #all, 2 do ids[#ids + 1] = all[i] end
local by_id = fetch(LEGS, ids)
for _, id in ipairs(ids) do push(found, id, by_id[id] or '') end
return found
