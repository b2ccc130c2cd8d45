-- The floor that the script of programs is held against: made by hand for public validation alone, as it was before that became a program.
-- `counters/batch.lua` stands in front, as it does there.
--
-- Counts the calls of one batch, each against its own quota, unless that would overrun it, and appends what was counted to the usage
-- stream in the same step.
--
-- KEYS[1…4] and ARGV[1…7]  as in batch.lua
-- KEYS[5…]  counters, one for each call: {p<partition>}:quota:<productId>:<period>
-- ARGV[8…]  six for each call: cost, integer >= 1; allowed, integer >= 0, or 'unlimited'; for how long the counter is kept
--           from its first call, seconds (relative: a caller's clock that is wrong must not forget it at once); when its period
--           began, epoch milliseconds; what is settled of the period, integer, or '' when not asked yet; the entry, JSON
--           after those, verdicts of calls that were counted before, JSON each
-- Returns   two figures for each call, in one text: 1 if counted, 0 if refused, 2 if cold; and what is used afterwards. Cold: Redis may have lost some of
--           the counter, or all of it. Nothing was counted; ask with what is settled

local FIRST_KEY, FIRST_ARGUMENT = 5, 8

-- Decide everything, then write: an argument that is no number fails here, before anything was counted.
local figures, counts, entry = {}, {}, { 'g', generation.id }
local function tell(outcome, used)
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
return finish(table.concat(figures, ' '), entry)
