-- What the steps of programs have in common.

local find, gmatch = string.find, string.gmatch

local function tell(value)
  count = count + 1
  told[count] = plain(value)
end

local function ceilingOf(text)
  return text == '-' and MOST or integer(text)
end

-- A state that lasts beyond periods is kept for so long after it was last touched.
local LASTING_SECONDS = 90 * 86400

-- As isKnown. One that is missing is new only if it came into being lately: it is forgotten when nobody touches it.
local function isLasting(key, isMissing, bornAtMs)
  if isMissing then
    local now = call('TIME')
    if bornAtMs < (tonumber(now[1]) - LASTING_SECONDS / 2) * 1000 then return false end
  end
  return isKnown(key, isMissing, bornAtMs)
end

-- Amounts of 'thresholds' that lie above 'before' and at or below 'after'.
local function cross(state, thresholds, before, after)
  if not thresholds then return end
  for amount in gmatch(thresholds, '%d+') do
    local at = tonumber(amount)
    if before < at and at <= after then state.crossed = (state.crossed and state.crossed .. ',' or '') .. amount end
  end
end
