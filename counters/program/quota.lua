-- A quota: an amount used up in a period, a text of digits.
--
-- Fact  keptSeconds startsAtMs settled   for how long it is kept from its first call (relative: a caller's clock that is wrong must not
--       forget it at once); when its period began; what is settled of it, '' when not asked yet
-- Step  q when edge cost limit thresholds,…   edge: h(ard) or not
-- Figures  passed used
-- Stream   q: 'added used crossed key', crossed '-' if none

local function quotaOf(k)
  local state = states[k]
  if state then return state end
  local value = values[k]
  local before = value and integer(value) or 0
  state = { k = k, isMissing = not value, before = before, used = before }
  states[k] = state
  if value and not generation.isKept then return state end
  local kept, startsAtMs, settled = match(ARGV[FIRST_FACT + k], '^(%d+) (%d+) (%d*)$')
  state.kept = kept
  if not isKnown(KEYS[FIRST_KEY + k], not value, integer(startsAtMs)) then
    if settled == '' then
      state.isCold = true
    else
      -- What came back may hold more than what is settled: its last calls wait in the stream that came back with it.
      state.used = math.max(before, integer(settled))
      state.wasCold = true
    end
  end
  return state
end

local function writeQuota(state)
  local key = KEYS[FIRST_KEY + state.k]
  if state.isMissing and (state.used > 0 or state.wasCold) then
    -- A counter that was cold is written even at zero: it must not be asked for with each call.
    call('SET', key, string.format('%.0f', state.used), 'EX', state.kept)
  elseif state.used > state.before then
    call('INCRBY', key, string.format('%.0f', state.used - state.before))
  end
  if state.wasCold then checked(key, state.kept) end
  if state.added then
    append('q', plain(state.added) .. ' ' .. plain(state.used) .. ' ' .. (state.crossed or '-') .. ' ' .. key)
  end
end
