-- Begins a new generation where Redis doesn't have what was settled from it: it came back with older data (a replica that lagged, a
-- backup). Its counters may then be below what is settled, so each is compared with that before it counts again (batch.lua); and
-- new entries could get ids that were settled under the old generation.
--
-- KEYS[1]  generation of the partition: {p<partition>}:generation, a hash: 'id', 'bornAtMs', 'settled', 'isKept'
-- KEYS[2]  usage stream: {p<partition>}:usage
-- KEYS[3]  counters that were compared in this generation: {p<partition>}:checked
-- ARGV[1]  generation of the settled position
-- ARGV[2]  the id of the settled position; it was forgotten up to that ('settled'), or the entry is still there
-- ARGV[3]  id of the new generation, if one begins
-- Returns  the id of the generation that lives then, '' if none does

local living = redis.call('HMGET', KEYS[1], 'id', 'settled')
if living[1] ~= ARGV[1] then return living[1] or '' end
local function partsOf(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end
local ms, sequence = partsOf(living[2] or '0-0')
local settledMs, settledSequence = partsOf(ARGV[2])
if ms > settledMs or (ms == settledMs and sequence >= settledSequence) then return living[1] end
-- Who settled it may have died before it could forget it.
if #redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2]) > 0 then return living[1] end

local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('HSET', KEYS[1], 'id', ARGV[3], 'bornAtMs', string.format('%.0f', nowMs), 'isKept', '1')
return ARGV[3]
