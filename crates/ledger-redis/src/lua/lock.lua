-- The lock that keeps other payers out. Items: 'lock', 'unlock' (only with nothing in flight), or
-- 'remove' and the value of another payer's lock. Outcome: whether it is so now.
local refusal = guard_journal() or guard_token()
if refusal then return refusal end
local ours, lock = 'paydirt:' .. ARGV[2], call('GET', LOCK)
local what = ARGV[ITEMS]
if what == 'lock' then
  if lock and lock ~= ours then return { 'locked', lock } end
  note_token()
  if not lock then call('SET', LOCK, ours) end
  return { 'ok', 1 }
elseif what == 'unlock' then
  if not lock then return { 'ok', 1 } end
  if lock ~= ours or call('HLEN', OPEN) > 0 then return { 'ok', 0 } end
  call('DEL', LOCK)
  return { 'ok', 1 }
end
if lock ~= ARGV[ITEMS + 1] or lock == ours then return { 'ok', 0 } end
call('DEL', LOCK)
return { 'ok', 1 }
