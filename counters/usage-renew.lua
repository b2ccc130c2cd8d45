-- Begins a new generation where the stream ends before what was settled from it: Redis came back with older data (a replica that
-- lagged, a backup). New entries could then get ids that were settled under the old generation.
--
-- KEYS[1]  generation of the partition: {p<partition>}:generation, a hash: 'id', 'bornAtMs'
-- KEYS[2]  usage stream: {p<partition>}:usage
-- ARGV[1]  generation of the settled position
-- ARGV[2]  milliseconds of the settled position's id
-- ARGV[3]  its sequence number
-- ARGV[4]  id of the new generation, if one begins
-- Returns  1 if one began, else 0

if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
local last = '0-0'
if redis.call('EXISTS', KEYS[2]) == 1 then
  local facts = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #facts, 2 do
    if facts[i] == 'last-generated-id' then last = facts[i + 1] end
  end
end
local ms, seq = string.match(last, '^(%d+)-(%d+)$')
ms, seq = tonumber(ms), tonumber(seq)
local settledMs, settledSeq = tonumber(ARGV[2]), tonumber(ARGV[3])
if ms > settledMs or (ms == settledMs and seq >= settledSeq) then return 0 end

local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
redis.call('HSET', KEYS[1], 'id', ARGV[4], 'bornAtMs', string.format('%.0f', nowMs))
return 1
