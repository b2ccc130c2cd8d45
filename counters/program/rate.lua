-- A sliding window over two weighted cells (`domain/program/rates.ts` says the same): a text 'cell current previous'. It is kept for
-- two windows and a minute: a caller's clock may be behind Redis'. Nothing of it is settled, so it is never cold.
--
-- Fact  none
-- Step  r when cost limit windowMs
-- Figures  passed cell current previous
-- Stream   nothing

local function rateOf(k, step)
  local state = states[k]
  if state then return state end
  state = { k = k, write = 'rate', windowMs = step.windowMs, ahead = 0 }
  local value = values[k]
  if value then
    local cell, current, previous = match(value, '^(%d+) (%d+) (%d+)$')
    state.cell, state.current, state.previous = integer(cell), integer(current), integer(previous)
  end
  states[k] = state
  return state
end

-- The cells as they stand at nowMs. A clock that went back to an earlier cell finds them as they are.
local function cellsAt(state, nowMs)
  local cell = floor(nowMs / state.windowMs)
  if not state.cell or state.cell < cell - 1 then return cell, 0, 0 end
  if state.cell == cell - 1 then return cell, 0, state.current end
  return state.cell, state.current, state.previous
end

-- floor(amount * part / whole), exact: the product may need 89 bits, so it is divided as on paper, by digits of 16 bits.
local function share(amount, part, whole)
  if amount * whole < 2 ^ 52 then return floor(amount * part / whole) end
  local quotient, rest, left, digitOf = 0, 0, amount, 2 ^ 48
  while digitOf >= 1 do
    local digit = floor(left / digitOf)
    left = left - digit * digitOf
    local sum = rest * 2 ^ 16 + digit * part
    local figure = floor(sum / whole)
    quotient = quotient * 2 ^ 16 + figure
    rest = sum - figure * whole
    digitOf = digitOf / 2 ^ 16
  end
  return quotient
end

local rate = {
  isRate = true,
  stateOf = rateOf,
  parse = function(text)
    local when, cost, limit, windowMs = match(text, '^r (%l) (%d+) ([%d-]+) (%d+)$')
    windowMs = integer(windowMs)
    if windowMs == 0 then error('a window of 0') end
    return {
      when = when,
      cost = integer(cost),
      ceiling = ceilingOf(limit),
      windowMs = windowMs,
    }
  end,
  decide = function(step, state, nowMs)
    local windowMs = step.windowMs
    local cell, current, previous = cellsAt(state, nowMs)
    local shared = 0
    if previous > 0 then
      local elapsedMs = nowMs - cell * windowMs
      if elapsedMs < 0 then elapsedMs = 0 end
      shared = share(previous, windowMs - elapsedMs, windowMs)
    end
    -- A later step of the same run sees what the earlier ones ask, whether it fits or not.
    state.ahead = state.ahead + step.cost
    -- By taking away: a sum could leave the integers that doubles hold.
    return step.ceiling > 0 and state.ahead <= step.ceiling - current - shared
  end,
  take = function(step, state, nowMs)
    if step.cost == 0 then return end
    local cell, current, previous = cellsAt(state, nowMs)
    state.cell, state.current, state.previous = cell, current + step.cost, previous
    state.isChanged = true
  end,
  tell = function(_, state, nowMs)
    local cell, current, previous = cellsAt(state, nowMs)
    tell(cell)
    tell(current)
    tell(previous)
  end,
}

local function writeRate(state)
  if not state.isChanged then return end
  local value = plain(state.cell) .. ' ' .. plain(state.current) .. ' ' .. plain(state.previous)
  call('SET', KEYS[FIRST_KEY + state.k], value, 'PX', string.format('%.0f', 2 * state.windowMs + 60000))
end
