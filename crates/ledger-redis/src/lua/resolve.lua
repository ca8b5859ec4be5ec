-- Ends a pending row of another payer as that payer would have: recorded as paid, or credited
-- back. Items: row, login, amount, transaction ('' to credit back). Outcome: whether it was there.
local refusal = guard_journal() or guard_token() or read_finances()
if refusal then return refusal end
local row, login, amount, tx = unpack(ARGV, ITEMS, ITEMS + 3)
local score = call('ZSCORE', PENDING, row)
if not score then return { 'ok', 0 } end
local leg = call('HGET', OPEN, login)
local mark = leg and call('HGET', LEGS, leg)
if mark and sub(mark, 1, #row + 3) == 'h|' .. row .. '|' then return { 'ours', row, leg } end
local m = readable(login)
if not m then return bad end
local history = PAYMENTS .. login
local fine, kind = is_zset(history)
if not fine then return { 'bad', history, kind } end
shift(m, FLYING, tx == '' and BALANCE or PAID, whole(amount))
total_finances()
if bad then return bad end
write_accounts()
call('ZREM', PENDING, row)
if tx ~= '' then
  call('ZADD', ALL, ARGV[8], tx .. ':' .. row)
  call('ZADD', history, ARGV[8], tx .. ':' .. amount)
end
for _, name in ipairs({ 'pendingtx', 'pendingnonce' }) do
  -- Left behind they would be taken for hints to a later row of the same amount.
  if call('TYPE', PAYMENTS .. name).ok == 'hash' then call('HDEL', PAYMENTS .. name, row) end
end
note_token()
return { 'ok', 1 }
