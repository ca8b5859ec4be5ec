-- First contact, and giving the ledger to another journal. Items: 'attach' or 'adopt'.
local journal = call('GET', JOURNAL)
if journal == ARGV[2] then return { 'ok' } end
if journal and ARGV[ITEMS] == 'attach' then return { 'journal', journal } end
if journal then
  -- The lost journal's tokens say nothing about the new one's; its lock becomes ours in one step.
  call('DEL', TOKENS)
  if call('GET', LOCK) == 'paydirt:' .. journal then call('SET', LOCK, 'paydirt:' .. ARGV[2]) end
end
call('SET', JOURNAL, ARGV[2])
return { 'ok' }
