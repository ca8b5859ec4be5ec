-- Members and finances as the operation will leave them: read once, moved here, written at the end.
local bad                        -- the first entry that can't be read or would leave 64 bits
local function refuse(entry, found)
  bad = bad or { 'bad', entry, found }
end

local function is_zset(key)
  local kind = call('TYPE', key).ok
  if kind ~= 'zset' and kind ~= 'none' then return nil, 'a ' .. kind end
  return true
end

-- An account is an array: balance, pending, paid as they will be, then as they were, its key.
local BALANCE, FLYING, PAID, WERE, KEY = 1, 2, 3, 3, 7
local FIELDS = { 'balance', 'pending', 'paid' }

local function read_account(key)
  local got = try('HMGET', key, 'balance', 'pending', 'paid')
  if got.err then return { entry = key, found = got.err } end
  local balance, pending, paid = whole(got[1]), whole(got[2]), whole(got[3])
  if balance and pending and paid then
    return { balance, pending, paid, balance, pending, paid, key }
  end
  local wrong = not balance and BALANCE or not pending and FLYING or PAID
  return { entry = key .. ' ' .. FIELDS[wrong], found = got[wrong] }
end

local members = {}
local function member(login)
  local m = members[login]
  if not m then
    m = read_account(MINERS .. login)
    members[login] = m
  end
  return m
end

-- The member, or nil when one of its entries is bad.
local function readable(login)
  local m = members[login] or member(login)
  if m.entry then
    refuse(m.entry, m.found)
    return nil
  end
  return m
end

local finances
local function read_finances()
  finances = read_account(FINANCES)
  if finances.entry then return { 'bad', finances.entry, finances.found } end
  for _, key in ipairs({ PENDING, ALL }) do
    local fine, kind = is_zset(key)
    if not fine then return { 'bad', key, kind } end
  end
end

local function change(account, field, amount, sign)
  local value = amount and add(account[field], amount, sign)
  if value then
    account[field] = value
  else
    refuse(account[KEY] .. ' ' .. FIELDS[field], 'a number that would leave 64 bits')
  end
end

-- What goes from field to field of the finances (0: from or to nowhere), by 4 * from + to: a sum
-- below 2^52 as a number, which a double holds exactly with 15 digits more, and the rest as an
-- amount (false beyond 64 bits).
local small, large = {}, {}

local function spill(way, amount)
  local sum = large[way] == nil and '0' or large[way]
  sum = sum and add(sum, format('%.0f', small[way] or 0), 1)
  sum = sum and add(sum, amount, 1)
  small[way], large[way] = 0, sum or false
end

-- Moves an amount between two fields of a member, and of the finances. Either may be 0.
local function shift(m, from, to, amount)
  if amount == '0' then return end
  if from > 0 then change(m, from, amount, -1) end
  if to > 0 then change(m, to, amount, 1) end
  local way = 4 * from + to
  local sum = small[way] or 0
  if #amount < 16 and sum < 4503599627370496 then
    small[way] = sum + tonumber(amount)
  else
    spill(way, amount)
  end
end

local function total_finances()
  for from = 0, PAID do
    for to = 0, PAID do
      local way = 4 * from + to
      if small[way] then
        spill(way, '0')
        if from > 0 then change(finances, from, large[way], -1) end
        if to > 0 then change(finances, to, large[way], 1) end
      end
    end
  end
end

local function write_account(m)
  local balance, pending = m[BALANCE] ~= m[BALANCE + WERE], m[FLYING] ~= m[FLYING + WERE]
  local paid = m[PAID] ~= m[PAID + WERE]
  if balance and pending and not paid then
    call('HSET', m[KEY], 'balance', m[BALANCE], 'pending', m[FLYING])
  elseif pending and paid and not balance then
    call('HSET', m[KEY], 'pending', m[FLYING], 'paid', m[PAID])
  else
    if balance then call('HSET', m[KEY], 'balance', m[BALANCE]) end
    if pending then call('HSET', m[KEY], 'pending', m[FLYING]) end
    if paid then call('HSET', m[KEY], 'paid', m[PAID]) end
  end
end

local function write_accounts()
  for _, m in pairs(members) do
    if not m.entry then write_account(m) end
  end
  write_account(finances)
end
