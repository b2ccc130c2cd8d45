-- The floor that the script of programs is held against: made by hand for public validation alone, as it was before that became a program.
-- Two parts; the first knows the process that asks and the life of Redis' data.
--
--
-- KEYS[1]  memory of one process: {p<partition>}:batches:<process>, a hash: 'done' and, by batch number, answers
-- KEYS[2]  generation of the partition: {p<partition>}:generation, a hash: 'id', 'bornAtMs', 'settled' (how far the drain has forgotten
--          the stream) and, where it began in data that came back older than it was, 'isKept'
-- KEYS[3]  usage stream: {p<partition>}:usage
-- KEYS[4]  counters that were compared with what is settled, in a generation of kept data: {p<partition>}:checked, a set
-- ARGV[1]  number of this batch, integer >= 1, rising within the process
-- ARGV[2]  up to which number all batches of the process have ended; their answers are forgotten, and a late copy of one that
--          was on its way twice is refused instead of being counted again
-- ARGV[3]  for how long the memory is kept after the last batch, seconds
-- ARGV[4]  id of a new generation, used where one begins
-- ARGV[5]  the generation that the process knew when it sent this batch first
-- ARGV[6]  a number that the process had an answer to, in that generation, when it sent this batch first; 0 if none. A Redis that
--          doesn't remember it has lost what came last: a replica that lagged, an old backup, a write that never reached the disk
-- ARGV[7]  '1' if this batch was sent before and had no answer: it may have run
-- Returns  'ended' for a batch that has ended. {'lost', generation} for one that may have run in an earlier life of the data and isn't
--          remembered: it may be counted and even settled, so it must be counted nowhere. Else what follows answers; where the living
--          generation isn't ARGV[5], its id is added at the end

local number, done = tonumber(ARGV[1]), tonumber(ARGV[2])
local memory = redis.call('HMGET', KEYS[1], 'done', ARGV[1], ARGV[6])
local doneBefore = tonumber(memory[1] or '0')
if number <= doneBefore then return 'ended' end

local living = redis.call('HMGET', KEYS[2], 'id', 'bornAtMs', 'isKept')
local generation = { id = living[1], bornAtMs = tonumber(living[2] or '0'), isKept = living[3] }
if memory[2] then
  local answer = {}
  for figure in string.gmatch(memory[2], '%d+') do answer[#answer + 1] = tonumber(figure) end
  if generation.id and generation.id ~= ARGV[5] then answer[#answer + 1] = generation.id end
  return answer
end

-- Only in the generation that the answer was given in: who comes later finds that it has begun anew already.
local hasGoneBack = generation.id == ARGV[5] and tonumber(ARGV[6]) > doneBefore and not memory[3]
if not generation.id or hasGoneBack then
  local now = redis.call('TIME')
  generation = {
    id = ARGV[4],
    bornAtMs = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000),
    isKept = hasGoneBack,
  }
  redis.call('DEL', KEYS[2], KEYS[4])
  redis.call('HSET', KEYS[2], 'id', generation.id, 'bornAtMs', string.format('%.0f', generation.bornAtMs))
  if hasGoneBack then redis.call('HSET', KEYS[2], 'isKept', '1') end
end
if ARGV[7] == '1' and generation.id ~= ARGV[5] then return { 'lost', generation.id } end

-- Whether a counter says all that was ever counted in it; else it must begin at what is settled. A period that began with the
-- generation or later lost nothing. A minute more: a caller whose clock is ahead may have counted in a period that began after the
-- birth by Redis' clock.
local function isKnown(key, isMissing, startsAtMs)
  if startsAtMs >= generation.bornAtMs + 60000 then return true end
  if isMissing then return false end
  return not generation.isKept or redis.call('SISMEMBER', KEYS[4], key) == 1
end

-- Remembers that a counter was compared with what is settled.
local function checked(key, keptSeconds)
  if not generation.isKept then return end
  redis.call('SADD', KEYS[4], key)
  redis.call('EXPIRE', KEYS[4], keptSeconds)
end

-- Appends the entry, if it has more than its generation, remembers the answer, forgets those of batches that have ended.
local function finish(answer, figures, entry)
  if #entry > 2 then redis.call('XADD', KEYS[3], '*', unpack(entry)) end
  -- A process without memory (its first batch, or Redis has lost its data) has nothing to forget.
  if memory[1] then
    for ended = doneBefore + 1, done do redis.call('HDEL', KEYS[1], ended) end
  end
  redis.call('HSET', KEYS[1], 'done', string.format('%.0f', math.max(done, doneBefore)), ARGV[1], table.concat(figures, ' '))
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  if generation.id ~= ARGV[5] then answer[#answer + 1] = generation.id end
  return answer
end
-- Counts the calls of one batch, each against its own quota, unless that would overrun it, and appends what was counted to the usage
-- stream in the same step.
--
-- KEYS[1…4] and ARGV[1…7]  as above
-- KEYS[5…]  counters, one for each call: {p<partition>}:quota:<productId>:<period>
-- ARGV[8…]  six for each call: cost, integer >= 1; allowed, integer >= 0, or 'unlimited'; for how long the counter is kept
--           from its first call, seconds (relative: a caller's clock that is wrong must not forget it at once); when its period
--           began, epoch milliseconds; what is settled of the period, integer, or '' when not asked yet; the entry, JSON
--           after those, verdicts of calls that were counted before, JSON each
-- Returns   two for each call: 1 if counted, 0 if refused, 2 if cold; and what is used afterwards. Cold: Redis may have lost some of
--           the counter, or all of it. Nothing was counted; ask with what is settled

local FIRST_KEY, FIRST_ARGUMENT = 5, 8

-- Decide everything, then write: an argument that is no number fails here, before anything was counted.
local answer, figures, counts, entry = {}, {}, {}, { 'g', generation.id }
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
  if count.isSeeded then return count end
  if not isKnown(key, count.isMissing, tonumber(ARGV[at + 3])) then
    if ARGV[at + 4] == '' then return nil end
    -- What came back may hold more than what is settled: its last calls wait in the stream that came back with it.
    count.used = math.max(count.before, tonumber(ARGV[at + 4]))
    count.wasCold = true
  end
  count.isSeeded = true
  return count
end

local calls = #KEYS - FIRST_KEY + 1
for i = 1, calls do
  local at = FIRST_ARGUMENT + (i - 1) * 6
  local cost = tonumber(ARGV[at])
  -- Anything else becomes nil, and comparing nil is an error: a typo must never mean "no limit".
  local allowed = ARGV[at + 1] == 'unlimited' and math.huge or tonumber(ARGV[at + 1])
  local count = countOf(KEYS[FIRST_KEY + i - 1], at)
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
for at = FIRST_ARGUMENT + calls * 6, #ARGV do
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
  if count.wasCold then checked(key, count.keptSeconds) end
end
return finish(answer, figures, entry)
