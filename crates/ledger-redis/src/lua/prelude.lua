-- What every operation begins with: its arguments, exact amounts, and the guard. All operations are
-- one script, so that Redis is sent it once.
--
-- ARGV: 1 prefix, 2 journal, 3 wallet, 4 token, 5 number and 6 id of the move that the journal
-- knows ('' if none), 7 id of this move, 8 its time in unix s and 9 in unix ms, 10 the operation;
-- items from 11 on.
--
-- Redis does not roll back: an operation reads and validates everything, then writes.
local call, try = redis.call, redis.pcall
local sub, find, byte, format = string.sub, string.find, string.byte, string.format
local P = ARGV[1] .. ':'
local OURS = P .. 'paydirt:'
local MINERS, FINANCES, PAYMENTS = P .. 'miners:', P .. 'finances', P .. 'payments:'
local LOCK, PENDING, ALL = PAYMENTS .. 'lock', PAYMENTS .. 'pending', PAYMENTS .. 'all'
local JOURNAL, TOKENS, MOVES = OURS .. 'journal', OURS .. 'tokens', OURS .. 'moves'
local LEGS, OPEN, OVER, OWED = OURS .. 'legs', OURS .. 'open', OURS .. 'over', OURS .. 'owed'
local ITEMS = 11
local operations = {}          -- each operation's file is the body of one, by its name
local MOVES_KEPT, OVER_KEPT_MS, PRUNED_AT_ONCE = 10000, 45 * 24 * 3600 * 1000, 1000

-- Amounts are decimal strings of 64 bits. A double is exact to 2^53, so only those of up to 15
-- characters become a number; longer ones are split at 10^9 into two that are exact each.
local MAX_HIGH, MAX_LOW = 9223372036, 854775807

local function split(amount)
  local sign = 1
  if byte(amount) == 45 then sign, amount = -1, sub(amount, 2) end
  return sign * (tonumber(sub(amount, 1, -10)) or 0), sign * tonumber(sub(amount, -9))
end

local function fits(high, low)
  if high < 0 or low < 0 then
    return high > -MAX_HIGH or high == -MAX_HIGH and low >= -MAX_LOW - 1
  end
  return high < MAX_HIGH or high == MAX_HIGH and low <= MAX_LOW
end

-- The text if it is a number as HINCRBY takes it ('0' if there is none), or nil.
local function whole(text)
  if not text or text == '0' then return '0' end
  if not find(text, '^-?[1-9]%d*$') then return nil end
  if #text > 18 and (#text > 20 or not fits(split(text))) then return nil end
  return text
end

local function is_negative(amount)
  return byte(amount) == 45
end

local function less(a, b)
  if a == b then return false end
  if #a < 16 and #b < 16 then return tonumber(a) < tonumber(b) end
  local ah, al = split(a)
  local bh, bl = split(b)
  return ah < bh or ah == bh and al < bl
end

-- The sum, or nil where it leaves 64 bits. `sign` -1 subtracts.
local function add(a, b, sign)
  if b == '0' then return a end
  if a == '0' and sign == 1 then return b end
  if a == b and sign == -1 then return '0' end
  if #a < 16 and #b < 16 then return format('%.0f', tonumber(a) + sign * tonumber(b)) end
  local ah, al = split(a)
  local bh, bl = split(b)
  local high, low = ah + sign * bh, al + sign * bl
  if low >= 1e9 then high, low = high + 1, low - 1e9 end
  if low <= -1e9 then high, low = high - 1, low + 1e9 end
  if high > 0 and low < 0 then high, low = high - 1, low + 1e9 end
  if high < 0 and low > 0 then high, low = high + 1, low - 1e9 end
  if not fits(high, low) then return nil end
  if high == 0 then return format('%.0f', low) end
  return format(high < 0 and '-%.0f%09.0f' or '%.0f%09.0f', math.abs(high), math.abs(low))
end

-- Lua's stack takes at most 8000 arguments at once.
local CHUNK = 4000

local function in_chunks(command, key, values)
  for from = 1, #values, CHUNK do
    call(command, key, unpack(values, from, math.min(from + CHUNK - 1, #values)))
  end
end

-- HMGET as a table from field to value.
local function fetch(key, fields)
  local found = {}
  for from = 1, #fields, CHUNK do
    local to = math.min(from + CHUNK - 1, #fields)
    local values = call('HMGET', key, unpack(fields, from, to))
    for i = 1, #values do
      if values[i] then found[fields[from + i - 1]] = values[i] end
    end
  end
  return found
end

local function last_move()
  local last = call('ZREVRANGE', MOVES, 0, 0, 'WITHSCORES')
  return last[1] or '', tonumber(last[2] or 0)
end

-- Who asks? A reply that refuses, or nil.
local function guard_journal()
  local journal = call('GET', JOURNAL)
  if journal and journal ~= ARGV[2] then return { 'journal', journal } end
  if not journal and ARGV[6] == '' then return { 'journal', '' } end
end

local function guard_token()
  local seen = call('HGET', TOKENS, ARGV[3])
  if seen and less(ARGV[4], seen) then return { 'fenced', seen } end
end

local function guard_known()
  if ARGV[6] == '' then return end
  local seq = call('ZSCORE', MOVES, ARGV[6])
  if not seq or tonumber(seq) ~= tonumber(ARGV[5]) then return { 'older' } end
end

local function note_token()
  local seen = call('HGET', TOKENS, ARGV[3])
  if not seen or less(seen, ARGV[4]) then call('HSET', TOKENS, ARGV[3], ARGV[4]) end
end
