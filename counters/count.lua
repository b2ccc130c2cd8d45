-- Counts the calls of one batch, each against its own quota, unless that would overrun it; and remembers the answer, so that a
-- batch which is asked again (its first answer was lost) gets that answer and counts nothing twice.
--
-- KEYS[1]  memory of one process: {p<partition>}:batches:<process>, a hash: 'done' and, by batch number, answers
-- KEYS[2…] counters, one for each call: {p<partition>}:quota:<productId>:<period>
-- ARGV[1]  number of this batch, integer >= 1, rising within the process
-- ARGV[2]  up to which number all batches of the process have ended; their answers are forgotten, and a late copy of one that
--          was on its way twice is refused instead of being counted again
-- ARGV[3]  for how long the memory is kept after the last batch, seconds
-- ARGV[4…] three for each call: cost, integer >= 1; allowed, integer >= 0, or 'unlimited'; for how long the counter is kept
--          from its first call, seconds (relative: a caller's clock that is wrong must not forget it at once)
-- Returns  two for each call: 1 if counted else 0, and what is used afterwards; or 'ended' for a batch that has ended

local number, done = tonumber(ARGV[1]), tonumber(ARGV[2])
local memory = redis.call('HMGET', KEYS[1], 'done', ARGV[1])
local doneBefore = tonumber(memory[1] or '0')
if number <= doneBefore then return 'ended' end
if memory[2] then
  local answer = {}
  for figure in string.gmatch(memory[2], '%d+') do answer[#answer + 1] = tonumber(figure) end
  return answer
end

-- Decide everything, then write: an argument that is no number fails here, before anything was counted.
local answer, figures, counts = {}, {}, {}
for i = 2, #KEYS do
  local at = 4 + (i - 2) * 3
  local key, cost = KEYS[i], tonumber(ARGV[at])
  -- Anything else becomes nil, and comparing nil is an error: a typo must never mean "no limit".
  local allowed = ARGV[at + 1] == 'unlimited' and math.huge or tonumber(ARGV[at + 1])
  local count = counts[key]
  if not count then
    local before = tonumber(redis.call('GET', key) or '0')
    count = { before = before, used = before, keptSeconds = ARGV[at + 2] }
    counts[key] = count
  end
  local counted = count.used + cost <= allowed -- so written, NaN refuses too
  if counted then count.used = count.used + cost end
  answer[#answer + 1] = counted and 1 or 0
  answer[#answer + 1] = count.used
  -- Not cjson: it rounds beyond 14 digits.
  figures[#figures + 1] = string.format('%d %.0f', counted and 1 or 0, count.used)
end

for key, count in pairs(counts) do
  if count.used > count.before then
    redis.call('INCRBY', key, string.format('%.0f', count.used - count.before))
    if count.before == 0 then redis.call('EXPIRE', key, count.keptSeconds) end
  end
end

-- A process without memory (its first batch, or Redis has lost its data) has nothing to forget.
if memory[1] then
  for ended = doneBefore + 1, done do redis.call('HDEL', KEYS[1], ended) end
end
redis.call('HSET', KEYS[1], 'done', string.format('%.0f', math.max(done, doneBefore)), ARGV[1], table.concat(figures, ' '))
redis.call('EXPIRE', KEYS[1], ARGV[3])
return answer
