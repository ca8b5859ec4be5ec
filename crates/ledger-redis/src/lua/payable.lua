-- One step of SCAN over the members. Items: cursor, pattern, keys to look at. Returns {cursor,
-- {key, balance, threshold, owed, trouble, ...}}, false where there is none.
local step = call('SCAN', ARGV[ITEMS], 'MATCH', ARGV[ITEMS + 1], 'COUNT', ARGV[ITEMS + 2])
local any_owed, found, n = call('EXISTS', OWED) == 1, {}, 0
for _, key in ipairs(step[2]) do
  local login, trouble = sub(key, #MINERS + 1), false
  local balance = try('HGET', key, 'balance')
  local threshold = try('HGET', P .. 'settings:' .. login, 'payoutthreshold')
  if type(balance) == 'table' then balance, trouble = false, key end
  if type(threshold) == 'table' then threshold, trouble = false, P .. 'settings:' .. login end
  local debt = any_owed and call('HGET', OWED, login)
  found[n + 1], found[n + 2], found[n + 3] = key, balance, threshold
  found[n + 4], found[n + 5], n = debt, trouble, n + 5
end
return { step[1], found }
