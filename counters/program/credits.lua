-- A balance: a text 'balance refilledAtMs version'. The version rises with each change, so that of two states of one balance, one in
-- Redis and one settled, the later one is known. Kept for 90 days after it was last touched, then it begins at what is settled.
--
-- Fact  bornAtMs initialBalance initialRefilledAtMs settled   settled: 'balance refilledAtMs version', '' when not asked yet
-- Step  c when op amount refill   op: s(pend), b(alance is set), a(dd), l(ess); refill: 'amount dueAtMs', or '' if there is none
--       u when                    a balance that is unlimited; its number is 0
-- Figures  passed balance (-1 if unlimited) refilled
-- Stream   m: 'fromVersion fromBalance spent balance refilledAtMs version refills key', refills 'dueAtMs:before:after,…' or '-'

local function creditsOf(k)
  local state = states[k]
  if state then return state end
  state = { k = k, write = 'credits' }
  states[k] = state
  local value = values[k]
  local function set(balance, refilledAtMs, version)
    state.balance, state.refilledAtMs, state.version = integer(balance), integer(refilledAtMs), integer(version)
  end
  if value then set(match(value, '^(%d+) (%d+) (%d+)$')) end
  if value and not generation.isKept then return state end
  local bornAtMs, balance, refilledAtMs, settled = match(ARGV[FIRST_FACT + k], '^(%d+) (%d+) (%d+) ([%d ]*)$')
  if not isLasting(KEYS[FIRST_KEY + k], not value, integer(bornAtMs)) then
    if settled == '' then
      state.isCold = true
      return state
    end
    local settledBalance, settledAtMs, version = match(settled, '^(%d+) (%d+) (%d+)$')
    if not value or integer(version) > state.version then set(settledBalance, settledAtMs, version) end
    -- Never touched: its first touch is told, whatever it changes, so that it begins as it did if it is lost again.
    state.isNew = state.version == 0
    state.wasCold, state.isChanged = true, true
  elseif not value then
    set(balance, refilledAtMs, '0')
    state.isNew = true
  end
  return state
end

local credits = {
  stateOf = creditsOf,
  parse = function(text)
    local when, op, amount, refill, dueAtMs = match(text, '^c (%l) (%l) (%d+) ?(%d*) ?(%d*)$')
    return {
      when = when,
      op = op,
      amount = integer(amount),
      refill = refill ~= '' and integer(refill) or nil,
      dueAtMs = refill ~= '' and integer(dueAtMs) or nil,
    }
  end,
  decide = function(step, state)
    local op, amount = step.op, step.amount
    local before = state.balance
    state.dueAtMs = nil
    if step.refill and step.dueAtMs > state.refilledAtMs then
      before, state.dueAtMs = math.max(before, step.refill), step.dueAtMs
    end
    state.asked, state.after = before, nil
    if op == 's' then
      if amount <= before then state.after = before - amount end
    elseif op == 'b' then
      state.after = amount
    elseif op == 'a' then
      if amount <= MOST - before then state.after = before + amount end
    elseif op == 'l' then
      state.after = math.max(0, before - amount)
    else
      error('not an operation: ' .. op)
    end
    return state.after ~= nil
  end,
  take = function(step, state)
    -- What this batch goes on from: settling must see where that is older than what is settled.
    state.from = state.from or plain(state.version) .. ' ' .. plain(state.balance)
    state.isRefilled = state.asked > state.balance
    if state.isRefilled then
      local refill = plain(state.dueAtMs) .. ':' .. plain(state.balance) .. ':' .. plain(state.asked)
      state.refills = state.refills and state.refills .. ',' .. refill or refill
    end
    local isSame = state.after == state.balance and not state.dueAtMs
    if step.op == 's' then state.spent = (state.spent or 0) + step.amount end
    state.balance, state.refilledAtMs, state.asked = state.after, state.dueAtMs or state.refilledAtMs, state.after
    if isSame and not state.isNew then return end
    state.version, state.isNew, state.isChanged, state.isTold = state.version + 1, false, true, true
  end,
  tell = function(_, state, _, isTaken)
    tell(state.asked)
    tell(isTaken and state.isRefilled and 1 or 0)
  end,
}

local unlimited = {
  stateOf = function()
    return nil
  end,
  parse = function(text)
    return { when = match(text, '^u (%l)$') }
  end,
  decide = function()
    return true
  end,
  take = function() end,
  tell = function()
    tell(-1)
    tell(0)
  end,
}

local function writeCredits(state)
  if not state.isChanged then return end
  local key = KEYS[FIRST_KEY + state.k]
  local value = plain(state.balance) .. ' ' .. plain(state.refilledAtMs) .. ' ' .. plain(state.version)
  call('SET', key, value, 'EX', LASTING_SECONDS)
  if state.wasCold then checked(key, LASTING_SECONDS) end
  if not state.isTold then return end
  append('m', state.from .. ' ' .. plain(state.spent or 0) .. ' ' .. value .. ' ' .. (state.refills or '-') .. ' ' .. key)
end
