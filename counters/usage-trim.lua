-- Forgets the entries of the usage stream that are settled, unless Redis has begun a new generation since they were read: the
-- ids of another stream say nothing about this one.
--
-- KEYS[1]  generation of the partition: {p<partition>}:generation
-- KEYS[2]  usage stream: {p<partition>}:usage
-- ARGV[1]  generation that lived before the last settled entry was read
-- ARGV[2]  the smallest id that is kept
-- Returns  how many entries were forgotten

if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
return redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2])
