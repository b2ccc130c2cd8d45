-- Counts one attempt within a window, unless that would be one too many.
--
-- KEYS[1]  counter of what is tried: attempts:<digest>
-- ARGV[1]  allowed in one window, integer >= 1
-- ARGV[2]  length of the window in milliseconds; it begins with the first attempt
-- Returns  { 1 if counted else 0, attempts left, milliseconds until the window ends }

local allowed = tonumber(ARGV[1])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
-- So written, a limit that is no number refuses, too.
if not (used < allowed) then return { 0, 0, redis.call('PTTL', KEYS[1]) } end

used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return { 1, allowed - used, redis.call('PTTL', KEYS[1]) }
