-- Counts the calls of one batch, each against its own quota, unless that would overrun it; appends what was counted to the usage
-- stream in the same step; and remembers the answer, so that a batch which is asked again (its first answer was lost) gets that
-- answer and counts nothing twice.
--
-- KEYS[1]  memory of one process: {p<partition>}:batches:<process>, a hash: 'done' and, by batch number, answers
-- KEYS[2]  generation of the partition: {p<partition>}:generation, a hash: 'id', 'bornAtMs'
-- KEYS[3]  usage stream: {p<partition>}:usage
-- KEYS[4…] counters, one for each call: {p<partition>}:quota:<productId>:<period>
-- ARGV[1]  number of this batch, integer >= 1, rising within the process
-- ARGV[2]  up to which number all batches of the process have ended; their answers are forgotten, and a late copy of one that
--          was on its way twice is refused instead of being counted again
-- ARGV[3]  for how long the memory is kept after the last batch, seconds
-- ARGV[4]  id of a new generation, used where there is none: Redis is new, or has lost its data
-- ARGV[5…] six for each call: cost, integer >= 1; allowed, integer >= 0, or 'unlimited'; for how long the counter is kept
--          from its first call, seconds (relative: a caller's clock that is wrong must not forget it at once); when its period
--          began, epoch milliseconds; what is settled of the period, integer, or '' when not asked yet; the entry, JSON
--          after those, verdicts of calls that were counted before, JSON each
-- Returns  two for each call: 1 if counted, 0 if refused, 2 if cold; and what is used afterwards. Cold: the counter is missing and
--          its period is older than the generation, so it may have been lost. Nothing was counted; ask with what is settled.
--          Or 'ended' for a batch that has ended

local number, done = tonumber(ARGV[1]), tonumber(ARGV[2])
local memory = redis.call('HMGET', KEYS[1], 'done', ARGV[1])
local doneBefore = tonumber(memory[1] or '0')
if number <= doneBefore then return 'ended' end
if memory[2] then
  local answer = {}
  for figure in string.gmatch(memory[2], '%d+') do answer[#answer + 1] = tonumber(figure) end
  return answer
end

local generation = redis.call('HMGET', KEYS[2], 'id', 'bornAtMs')
local id, bornAtMs = generation[1], tonumber(generation[2] or '0')
if not id then
  local now = redis.call('TIME')
  id, bornAtMs = ARGV[4], tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
  redis.call('HSET', KEYS[2], 'id', id, 'bornAtMs', string.format('%.0f', bornAtMs))
end

-- Decide everything, then write: an argument that is no number fails here, before anything was counted.
local answer, figures, counts, entry = {}, {}, {}, { 'g', id }
local function tell(outcome, used)
  answer[#answer + 1] = outcome
  answer[#answer + 1] = used
  -- Not cjson: it rounds beyond 14 digits.
  figures[#figures + 1] = string.format('%d %.0f', outcome, used)
end
local function countOf(key, at)
  local count = counts[key]
  if not count then
    local before = redis.call('GET', key)
    count = { before = tonumber(before or '0'), isMissing = not before, keptSeconds = ARGV[at + 2] }
    count.used = count.before
    counts[key] = count
  end
  -- A minute more: a caller whose clock is ahead may have counted in a period that began after the birth by Redis' clock.
  if count.isMissing and not count.isSeeded and tonumber(ARGV[at + 3]) < bornAtMs + 60000 then
    if ARGV[at + 4] == '' then return nil end
    count.used = count.used + tonumber(ARGV[at + 4])
    count.wasCold = true
  end
  count.isSeeded = true
  return count
end

local calls = #KEYS - 3
for i = 1, calls do
  local at = 5 + (i - 1) * 6
  local cost = tonumber(ARGV[at])
  -- Anything else becomes nil, and comparing nil is an error: a typo must never mean "no limit".
  local allowed = ARGV[at + 1] == 'unlimited' and math.huge or tonumber(ARGV[at + 1])
  local count = countOf(KEYS[3 + i], at)
  if not count then
    tell(2, 0)
  elseif count.used + cost <= allowed then -- so written, NaN refuses too
    count.used = count.used + cost
    tell(1, count.used)
    entry[#entry + 1] = 'c'
    entry[#entry + 1] = ARGV[at + 5]
  else
    tell(0, count.used)
  end
end
for at = 5 + calls * 6, #ARGV do
  entry[#entry + 1] = 'v'
  entry[#entry + 1] = ARGV[at]
end

for key, count in pairs(counts) do
  if count.isMissing and (count.used > 0 or count.wasCold) then
    -- A counter that was cold is written even at zero: it must not be asked for with each call.
    redis.call('SET', key, string.format('%.0f', count.used), 'EX', count.keptSeconds)
  elseif count.used > count.before then
    redis.call('INCRBY', key, string.format('%.0f', count.used - count.before))
  end
end
if #entry > 2 then redis.call('XADD', KEYS[3], '*', unpack(entry)) end

-- A process without memory (its first batch, or Redis has lost its data) has nothing to forget.
if memory[1] then
  for ended = doneBefore + 1, done do redis.call('HDEL', KEYS[1], ended) end
end
redis.call('HSET', KEYS[1], 'done', string.format('%.0f', math.max(done, doneBefore)), ARGV[1], table.concat(figures, ' '))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return answer
