-- What another payer left, in one look: {journal, lock, {row, unix s, transaction, nonce, ...}}.
-- A row is ours if a leg in flight says so.
local kind = call('TYPE', PENDING).ok
if kind ~= 'zset' and kind ~= 'none' then return { 'bad', PENDING, 'a ' .. kind } end
local pending, found, ours = call('ZRANGE', PENDING, 0, -1, 'WITHSCORES'), {}, {}
local all, n = call('HGETALL', OPEN), 0
for i = 2, #all, 2 do ids[#ids + 1] = all[i] end
local by_id = fetch(LEGS, ids)
for i = 1, #all, 2 do
  local row = string.match(by_id[all[i + 1]] or '', '^h|(.*)|[^|]*|[^|]*|[^|]*|%d+$')
  if row then ours[row] = true end
end

local function hint(name, row)
  local value = try('HGET', PAYMENTS .. name, row)
  return type(value) == 'string' and value or ''
end

for i = 1, #pending, 2 do
  local row = pending[i]
  if not ours[row] then
    found[n + 1], found[n + 2] = row, pending[i + 1]
    found[n + 3], found[n + 4], n = hint('pendingtx', row), hint('pendingnonce', row), n + 4
  end
end
return { 'ok', call('GET', JOURNAL) or '', call('GET', LOCK) or '', found }
