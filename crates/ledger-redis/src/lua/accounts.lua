-- Members and finances as the script will leave them: read once, moved here, written at the end.
local bad                        -- the first entry that can't be read or would leave 64 bits
local function refuse(entry, found)
  bad = bad or { 'bad', entry, found }
end

local function is_zset(key)
  local kind = call('TYPE', key).ok
  if kind ~= 'zset' and kind ~= 'none' then return nil, 'a ' .. kind end
  return true
end

local members = {}
local function member(login)
  local m = members[login]
  if m then return m end
  m = { key = MINERS .. login, history = PAYMENTS .. login, changed = {} }
  members[login] = m
  local got = try('HMGET', m.key, 'balance', 'pending', 'paid')
  if got.err then
    m.entry, m.found = m.key, got.err
    return m
  end
  m.balance, m.pending, m.paid = whole(got[1]), whole(got[2]), whole(got[3])
  if not m.paid then m.entry, m.found = m.key .. ' paid', got[3] end
  if not m.pending then m.entry, m.found = m.key .. ' pending', got[2] end
  if not m.balance then m.entry, m.found = m.key .. ' balance', got[1] end
  local fine, kind = is_zset(m.history)
  if not fine then m.entry, m.found = m.history, kind end
  return m
end

-- The member, or nil when one of its entries is bad.
local function readable(login)
  local m = member(login)
  if m.entry then
    refuse(m.entry, m.found)
    return nil
  end
  return m
end

local finances = {}
local function read_finances()
  local got = try('HMGET', FINANCES, 'balance', 'pending', 'paid')
  if got.err then return { 'bad', FINANCES, got.err } end
  for i, field in ipairs({ 'balance', 'pending', 'paid' }) do
    finances[field] = whole(got[i])
    if not finances[field] then return { 'bad', FINANCES .. ' ' .. field, got[i] } end
  end
  for _, key in ipairs({ PENDING, ALL }) do
    local fine, kind = is_zset(key)
    if not fine then return { 'bad', key, kind } end
  end
end

-- Sums of what goes in and out of each field of the finances. Up to 2^52 they are one double,
-- which stays exact with 15 digits more.
local sums = {}
local function sum_up(name, amount)
  local s = sums[name]
  if not s then
    s = { small = 0, large = '0' }
    sums[name] = s
  end
  if #amount < 16 then
    s.small = s.small + tonumber(amount)
    if s.small < 4503599627370496 then return end
    amount, s.small = format('%.0f', s.small), 0
  end
  s.large = s.large and add(s.large, amount, 1)
end

local function change(m, field, amount, sign)
  local value = add(m[field], amount, sign)
  if not value then
    return refuse(m.key .. ' ' .. field, m[field] .. ' and ' .. amount .. ' more: beyond 64 bits')
  end
  m[field], m.changed[field] = value, true
end

-- Moves an amount between two fields of a member, and of the finances. Either may be missing.
local function shift(m, from, to, amount)
  if amount == '0' then return end
  if from then
    change(m, from, amount, -1)
    sum_up('-' .. from, amount)
  end
  if to then
    change(m, to, amount, 1)
    sum_up('+' .. to, amount)
  end
end

local function total_finances()
  finances.key, finances.changed = FINANCES, {}
  for name, s in pairs(sums) do
    local total = s.large and add(s.large, format('%.0f', s.small), 1)
    local field = sub(name, 2)
    if not total then
      refuse(FINANCES .. ' ' .. field, 'a sum beyond 64 bits')
    else
      change(finances, field, total, byte(name) == 45 and -1 or 1)
    end
  end
end

local function write_account(m)
  local c = m.changed
  local args, n = { m.key }, 1
  if c.balance then args[n + 1], args[n + 2], n = 'balance', m.balance, n + 2 end
  if c.pending then args[n + 1], args[n + 2], n = 'pending', m.pending, n + 2 end
  if c.paid then args[n + 1], args[n + 2], n = 'paid', m.paid, n + 2 end
  if n > 1 then call('HSET', unpack(args, 1, n)) end
end

local function write_accounts()
  for _, m in pairs(members) do
    if not m.entry then write_account(m) end
  end
  write_account(finances)
end
