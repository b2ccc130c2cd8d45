-- Counts one call against a period's quota, unless that would overrun it. Decides before it writes: a refusal leaves no trace.
--
-- KEYS[1]  counter of one product and period: {p<partition>}:quota:<productId>:<period>
-- ARGV[1]  cost, integer >= 1
-- ARGV[2]  allowed, integer >= 0, or 'unlimited'
-- ARGV[3]  when the counter may be forgotten, epoch seconds; set by the first call of the period
-- Returns  { 1 if counted else 0, used afterwards }

local cost = tonumber(ARGV[1])
-- Anything else becomes nil, and comparing nil is an error: a typo must never mean "no limit".
local allowed = ARGV[2] == 'unlimited' and math.huge or tonumber(ARGV[2])

local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if not (used + cost <= allowed) then return { 0, used } end -- so written, NaN refuses too

used = redis.call('INCRBY', KEYS[1], cost)
if used == cost then redis.call('EXPIREAT', KEYS[1], ARGV[3]) end
return { 1, used }
