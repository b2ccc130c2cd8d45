-- What the script that runs a batch begins with (`program-script.ts` puts the parts together): it knows the process that asks and the
-- life of Redis' data, answers what was answered before, and refuses what can't be counted exactly once. What follows finds `generation`
-- and `isKnown`, decides, writes, and ends with `return finish(…)`.
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
--          remembered: it may be counted and even settled, so it must be counted nowhere. Else {what follows answers, a text}; where
--          the living generation isn't ARGV[5], its id comes second

-- Lua hands over no more at once than 8,000; an entry of more is several.
local MOST_FIELDS = 4000

local number, done = tonumber(ARGV[1]), tonumber(ARGV[2])
local memory = redis.call('HMGET', KEYS[1], 'done', ARGV[1], ARGV[6])
local doneBefore = tonumber(memory[1] or '0')
if number <= doneBefore then return 'ended' end

local living = redis.call('HMGET', KEYS[2], 'id', 'bornAtMs', 'isKept')
local generation = { id = living[1], bornAtMs = tonumber(living[2] or '0'), isKept = living[3] }
if memory[2] then
  if generation.id and generation.id ~= ARGV[5] then return { memory[2], generation.id } end
  return { memory[2] }
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
local function finish(answer, entry)
  local fields = #entry
  if fields <= MOST_FIELDS then
    if fields > 2 then redis.call('XADD', KEYS[3], '*', unpack(entry)) end
  else
    for from = 3, fields, MOST_FIELDS do
      redis.call('XADD', KEYS[3], '*', 'g', generation.id, unpack(entry, from, math.min(fields, from + MOST_FIELDS - 1)))
    end
  end
  -- A process without memory (its first batch, or Redis has lost its data) has nothing to forget.
  if memory[1] then
    for ended = doneBefore + 1, done do redis.call('HDEL', KEYS[1], ended) end
  end
  redis.call('HSET', KEYS[1], 'done', string.format('%.0f', math.max(done, doneBefore)), ARGV[1], answer)
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  if generation.id ~= ARGV[5] then return { answer, generation.id } end
  return { answer }
end
