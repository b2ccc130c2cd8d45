-- Forgets the entries of the usage stream that are settled, unless Redis has begun a new generation since they were read: the
-- ids of another stream say nothing about this one. Then raises counters that are below what is settled of their period. A counter
-- holds what is settled and what waits in the stream, so it can only be below where Redis has lost something.
--
-- KEYS[1]  generation of the partition: {p<partition>}:generation; its 'settled' becomes the last settled id
-- KEYS[2]  usage stream: {p<partition>}:usage
-- KEYS[3…] counters that were settled
-- ARGV[1]  generation that lived before the last settled entry was read
-- ARGV[2]  its id
-- ARGV[3]  the smallest id that is kept
-- ARGV[4…] what is settled of each counter, integer
-- Returns  how many entries were forgotten

for i = 3, #KEYS do
  local used = redis.call('GET', KEYS[i])
  -- One that is missing begins at what is settled by itself, or its day is closed.
  if used and tonumber(used) < tonumber(ARGV[i + 1]) then redis.call('SET', KEYS[i], ARGV[i + 1], 'KEEPTTL') end
end
local living = redis.call('HMGET', KEYS[1], 'id', 'settled')
if living[1] ~= ARGV[1] then return 0 end
local function isAfter(id, other)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  local otherMs, otherSequence = string.match(other, '^(%d+)-(%d+)$')
  if ms ~= otherMs then return tonumber(ms) > tonumber(otherMs) end
  return tonumber(sequence) > tonumber(otherSequence)
end
-- Another worker may have settled more meanwhile.
if isAfter(ARGV[2], living[2] or '0-0') then redis.call('HSET', KEYS[1], 'settled', ARGV[2]) end
return redis.call('XTRIM', KEYS[2], 'MINID', ARGV[3])
