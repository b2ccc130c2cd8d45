-- Gives balances and budgets what is settled of them, where theirs is an older version: what was settled meanwhile came from a state that
-- Redis has lost, or has taken over from one (`domain/program/settling.ts`). One that is missing begins at what is settled by itself.
-- What of Redis' own is not settled yet is settled as a move from older data, which brings both together again.
--
-- KEYS      C balances; then pairs of a budget and its leases
-- ARGV[1]   C
-- ARGV[2…]  what is settled of each, as in program/credits.lua and program/budget.lua
-- Returns   how many took it over

local MOST = 9007199254740991
local balances, mended = tonumber(ARGV[1]), 0

for i = 1, balances do
  local value = redis.call('GET', KEYS[i])
  local version = value and tonumber(string.match(value, ' (%d+)$'))
  if version and version < tonumber(string.match(ARGV[i + 1], ' (%d+)$')) then
    redis.call('SET', KEYS[i], ARGV[i + 1], 'KEEPTTL')
    mended = mended + 1
  end
end

local function textOf(value)
  return string.format('%.0f', value)
end

-- Reservations that both know end where what is settled says so; those that only Redis knows wait in the stream.
local function mendReservations(key, leases, settled)
  local reserved, nextAtMs = 0, MOST
  for letter, amount, atMs, id in string.gmatch(settled, ' (%l) (%d+) (%d+) (%S+)') do
    local field = ':' .. id
    local own = redis.call('HGET', key, field)
    local held = own and tonumber(string.match(own, '^r (%d+)') or '')
    if not own or (held and letter ~= 'r') then
      redis.call('HSET', key, field, letter == 'r' and 'r ' .. amount .. ' ' .. atMs or letter .. ' ' .. atMs)
      redis.call('ZADD', leases, atMs, id)
      reserved = reserved + (letter == 'r' and tonumber(amount) or 0) - (held or 0)
      nextAtMs = math.min(nextAtMs, tonumber(atMs))
    end
  end
  return reserved, nextAtMs
end

for i = balances + 1, #KEYS, 2 do
  local key, leases = KEYS[i], KEYS[i + 1]
  local startsAtMs, spent, version, periodKey, rest =
    string.match(ARGV[1 + balances + (i - balances + 1) / 2], '^(%d+) (%d+) (%d+) (%S+)(.*)$')
  local totals = redis.call('HGET', key, 't')
  local own = totals and { string.match(totals, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+)$') }
  if own and tonumber(own[4]) < tonumber(version) then
    local reserved, nextAtMs = mendReservations(key, leases, rest)
    -- A period that began since is Redis' own.
    if tonumber(own[1]) <= tonumber(startsAtMs) then own[1], own[2], own[7] = startsAtMs, spent, periodKey end
    own[3], own[4] = textOf(tonumber(own[3]) + reserved), version
    own[5] = textOf(math.min(tonumber(own[5]), nextAtMs))
    redis.call('HSET', key, 't', table.concat(own, ' '))
    redis.call('EXPIRE', leases, redis.call('TTL', key))
    mended = mended + 1
  end
end
return mended
