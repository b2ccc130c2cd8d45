-- Runs the programs of one batch, one after the other, and remembers the answer: guide to the parts in README.md, meaning in
-- `domain/program/`. `batch.lua` stands in front, so that a batch which is asked again gets its first answer and takes nothing twice.
--
-- KEYS[1…4], ARGV[1…7]  as in batch.lua
-- KEYS[5…]  S texts that steps and idempotency keys are held in; then B pairs of a budget and its leases
-- ARGV[8]   S
-- ARGV[9…]  S + B facts, one for each text and each pair: what is needed where it is missing (each kind says what)
--           then what is run, in its order, q and v before p; each line below with its arguments in the order given:
--             q<k> <cost> <limit>   a program of one hard quota, the k-th text; an argument with its entry follows, a call that tells all
--                                   of itself (field 'c' of the stream)
--             v                     an argument follows: the verdict of a call that was counted before (field 'v')
--             p<nowMs> <isSuccess> <isOnce> <k>,<k>…   a program: for each step the number of its text, or of its pair; then an argument
--                                   for each (each kind says how); then, if it runs once, 'k keptSeconds' of its idempotency key,
--                                   what is meant by it, and its context (the caller reads the first answer by it). No line breaks in
--                                   the latter two
--           Amounts are digits, at most 2^53 - 1; '-' is unlimited
-- Returns   one text, with the generation behind it where that is news (batch.lua). By program, in order, figures between blanks:
--             1 and each step's figures; 2, n and the numbers of n steps that are cold (from 1); 3 conflict; 4 repeated: a line with the
--             context, then the figures of the first answer. q: 1 counted or 0 refused, and what is used; or 2 0, cold. v: nothing
--           Cold: Redis may have lost what a step stands on. Nothing of the program ran; ask with what is settled
--
-- Decide everything, then write: whatever is no number fails before anything was written.

local call, match, floor = redis.call, string.match, math.floor
local MOST = 9007199254740991
local FIRST_KEY, FIRST_FACT = 4, 8

-- Comparing fails for what is no number, and is false for NaN.
local function integer(text)
  local value = tonumber(text)
  if not (value >= 0 and value <= MOST and value == floor(value)) then error('not an integer up to 2^53 - 1: ' .. text) end
  return value
end

-- Lua writes 14 digits by itself.
local function plain(value)
  if value < 1e14 and value > -1e14 then return value end
  return string.format('%.0f', value)
end

local texts = integer(ARGV[8])
local values
if texts <= MOST_FIELDS then
  values = texts > 0 and call('MGET', unpack(KEYS, FIRST_KEY + 1, FIRST_KEY + texts)) or {}
else
  values = {}
  for from = 1, texts, MOST_FIELDS do
    local some = call('MGET', unpack(KEYS, FIRST_KEY + from, FIRST_KEY + math.min(texts, from + MOST_FIELDS - 1)))
    for i, value in ipairs(some) do values[from + i - 1] = value end
  end
end
-- What steps stand on, by number of the text or pair.
local states = {}
-- What is told, and the fields of the stream's entry.
local told, count = {}, 0
local entry, fields = { 'g', generation.id }, 2

local function append(name, value)
  entry[fields + 1], entry[fields + 2] = name, value
  fields = fields + 2
end
