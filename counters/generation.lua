-- Says which generation of the partition lives, and begins one where there is none: a process knows it before it sends its first batch,
-- so that it can tell later whether Redis has lost its data since.
--
-- KEYS[1]  generation of the partition: {p<partition>}:generation, a hash: 'id', 'bornAtMs'
-- ARGV[1]  id of the new generation, if one begins
-- Returns  its id

local id = redis.call('HGET', KEYS[1], 'id')
if id then return id end
local now = redis.call('TIME')
local nowMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'bornAtMs', string.format('%.0f', nowMs))
return ARGV[1]
