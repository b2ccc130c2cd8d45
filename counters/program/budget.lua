-- A budget: what is reserved and what is spent (`domain/program/budgets.ts` says the same). A pair of keys: a hash with its totals in 't',
-- 'startsAtMs spent reserved version nextAtMs keptUntilMs periodKey', and by ':id' its reservations: 'r amount expiresAtMs', and those that
-- have ended: 'c', 'l' or 'x' (committed, released, expired) and 'forgottenAtMs'; and a sorted set of the ids by the moment at which their
-- lease runs out or they are forgotten. 'nextAtMs' is no later than the first of these moments, so that the set is looked at only when
-- something may be due. A call ends at most DUE_AT_A_TIME leases that ran out, more only where what it asks for doesn't fit else; so
-- after many at once what is told as reserved may be more than it is, never less.
--
-- Fact  bornAtMs settled   settled: '' when not asked yet; '-' if it was never touched; else
--       'startsAtMs spent version periodKey' and, by reservation, ' letter amount atMs id'
-- Step  b when op amount leaseMs isHard isPaused total startsAtMs thresholds,… periodKey id
--       op: r(eserve), e(xtend), c(ommit), l(et go), s(pend); what an operation doesn't have is 0 or ''
-- Figures  passed reserved spent added state   state: number of the word in STATES
-- Stream   b: 'fromVersion version startsAtMs spent reserved added crossed periodKey changes key', changes of reservations
--          'letter:amount:atMs:id,…' or '-'

local DUE_AT_A_TIME = 1000
local ENDED_KEPT_MS = 86400000
-- As the caller numbers them.
local STATES = { r = 0, c = 1, l = 2, x = 3, unknown = 4, paused = 5, insufficient = 6, s = 7 }

local function textOf(value)
  return string.format('%.0f', value)
end

-- What a field of a reservation says.
local function reservationOf(text)
  if not text then return nil end
  local letter, first, second = match(text, '^(%l) (%d+) ?(%d*)$')
  if letter == 'r' then return { letter = letter, amount = integer(first), atMs = integer(second) } end
  return { letter = letter, amount = 0, atMs = integer(first) }
end

local function fieldOf(one)
  if one.letter == 'r' then return 'r ' .. textOf(one.amount) .. ' ' .. textOf(one.atMs) end
  return one.letter .. ' ' .. textOf(one.atMs)
end

-- 'state.seed' is what is settled, to be written before anything runs.
local function budgetOf(pair)
  local k, at = texts + pair, FIRST_KEY + texts + 2 * pair - 1
  local state = states[k]
  if state then return state end
  state = { write = 'budget', key = KEYS[at], leases = KEYS[at + 1], changes = {}, added = 0 }
  states[k] = state
  local totals = call('HGET', state.key, 't')
  if totals then
    local startsAtMs, spent, reserved, version, nextAtMs, keptUntilMs, periodKey =
      match(totals, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+)$')
    state.startsAtMs, state.spent, state.reserved = integer(startsAtMs), integer(spent), integer(reserved)
    state.version, state.nextAtMs, state.keptUntilMs = integer(version), integer(nextAtMs), integer(keptUntilMs)
    state.periodKey = periodKey
  end
  if totals and not generation.isKept then return state end
  local bornAtMs, settled = match(ARGV[FIRST_FACT + k], '^(%d+) (.*)$')
  if isLasting(state.key, not totals, integer(bornAtMs)) then return state end
  if settled == '' then
    state.isCold = true
    return state
  end
  state.wasCold = true
  if settled == '-' then return state end
  local startsAtMs, spent, version, periodKey, rest = match(settled, '^(%d+) (%d+) (%d+) (%S+)(.*)$')
  if totals and integer(version) <= state.version then return state end
  state.startsAtMs, state.spent, state.version = integer(startsAtMs), integer(spent), integer(version)
  state.reserved, state.nextAtMs, state.keptUntilMs, state.periodKey = 0, MOST, 0, periodKey
  state.seed = {}
  for letter, amount, atMs, id in gmatch(rest, ' (%l) (%d+) (%d+) (%S+)') do
    local one = { id = id, letter = letter, amount = integer(amount), atMs = integer(atMs) }
    if letter == 'r' then state.reserved = state.reserved + one.amount end
    if one.atMs < state.nextAtMs then state.nextAtMs = one.atMs end
    if one.atMs > state.keptUntilMs then state.keptUntilMs = one.atMs end
    state.seed[#state.seed + 1] = one
  end
  return state
end

-- Writes reservations: 'changed' become what they say, 'forgotten' are no more.
local function writeReservations(state, changed, forgotten)
  for from = 1, #changed, DUE_AT_A_TIME do
    local hash, leases = {}, {}
    for i = from, math.min(#changed, from + DUE_AT_A_TIME - 1) do
      local one = changed[i]
      hash[#hash + 1], hash[#hash + 2] = ':' .. one.id, fieldOf(one)
      leases[#leases + 1], leases[#leases + 2] = textOf(one.atMs), one.id
    end
    call('HSET', state.key, unpack(hash))
    call('ZADD', state.leases, unpack(leases))
  end
  if forgotten and #forgotten > 0 then
    local hash = {}
    for i, id in ipairs(forgotten) do hash[i] = ':' .. id end
    call('HDEL', state.key, unpack(hash))
    call('ZREM', state.leases, unpack(forgotten))
  end
end

local function seedBudget(state)
  if not state.seed then return end
  call('DEL', state.key, state.leases)
  writeReservations(state, state.seed)
  state.seed, state.isChanged = nil, true
end

-- Notes that a lease has run out. One that did so long ago is forgotten at once, and told all the same: it is settled as reserved.
local function endLease(due, one, nowMs)
  due.amount = due.amount + one.amount
  due.ended[#due.ended + 1] = one
  if one.atMs > nowMs then
    due.expired[#due.expired + 1] = one
  else
    due.forgotten[#due.forgotten + 1] = one.id
  end
end

-- What is due at nowMs: leases that have run out, what they held, and ids that are forgotten.
local function dueOf(state, nowMs)
  local due = { amount = 0, ended = {}, expired = {}, forgotten = {}, byId = {} }
  if not state.startsAtMs or nowMs < state.nextAtMs then return due end
  local ids = call('ZRANGEBYSCORE', state.leases, '-inf', textOf(nowMs), 'LIMIT', 0, DUE_AT_A_TIME)
  due.isLooked, due.isFull = true, #ids == DUE_AT_A_TIME
  if #ids == 0 then return due end
  local names = {}
  for i, id in ipairs(ids) do names[i] = ':' .. id end
  for i, text in ipairs(call('HMGET', state.key, unpack(names))) do
    local id, one = ids[i], reservationOf(text)
    due.byId[id] = true
    if one and one.letter == 'r' then
      endLease(due, { id = id, letter = 'x', amount = one.amount, atMs = one.atMs + ENDED_KEPT_MS }, nowMs)
    else
      due.forgotten[#due.forgotten + 1] = id
    end
  end
  return due
end

-- Makes what is due so.
local function keepDue(state, due)
  if not due.isLooked then return end
  for _, one in ipairs(due.ended) do state.changes[#state.changes + 1] = one end
  state.reserved = state.reserved - due.amount
  writeReservations(state, due.expired, due.forgotten)
  local first = call('ZRANGE', state.leases, 0, 0, 'WITHSCORES')
  state.nextAtMs = first[2] and tonumber(first[2]) or MOST
end

local function tellBudget(state)
  if #state.changes == 0 and state.added == 0 and not state.isTold then return end
  local changes = {}
  for i, one in ipairs(state.changes) do
    changes[i] = one.letter .. ':' .. textOf(one.amount) .. ':' .. textOf(one.atMs) .. ':' .. one.id
  end
  append(
    'b',
    table.concat({
      textOf(state.from or state.version),
      textOf(state.version),
      textOf(state.startsAtMs),
      textOf(state.spent),
      textOf(state.reserved),
      textOf(state.added),
      state.crossed or '-',
      state.periodKey,
      #changes > 0 and table.concat(changes, ',') or '-',
      state.key,
    }, ' ')
  )
  state.changes, state.added, state.crossed, state.isTold, state.from = {}, 0, nil, false, nil
end

-- 'from' is what the next entry goes on from: settling must see where that is older than what is settled.
local function change(state)
  state.isChanged = true
  -- A version that settling never saw would make older data look like the newest.
  if #state.changes == 0 and state.added == 0 and not state.isTold then return end
  state.from, state.version = state.from or state.version, state.version + 1
end

-- What the step's reservation is, with its lease looked at.
local function ownOf(step, state, nowMs)
  local one = state.startsAtMs and step.id ~= '' and reservationOf(call('HGET', state.key, ':' .. step.id))
  if not one then return { letter = 'unknown', amount = 0 } end
  one.id = step.id
  local ranOut
  if one.letter == 'r' and one.atMs <= nowMs then
    ranOut = { id = step.id, letter = 'x', amount = one.amount, atMs = one.atMs + ENDED_KEPT_MS }
    one = ranOut
  end
  if one.letter ~= 'r' and one.atMs <= nowMs then one = { letter = 'unknown', amount = 0 } end
  return one, ranOut
end

-- Whether the step fits, why not, and what it would make of its reservation and of what is spent.
local function judge(step, nowMs, own, held, view)
  local op, amount, letter = step.op, step.amount, own.letter
  if op == 's' then
    if amount > MOST - held then return false, 'insufficient' end
    view.added = amount
    return true
  end
  if op == 'r' then
    if letter == 'r' then return true end
    if letter ~= 'unknown' then return false, letter end
    if step.isPaused then return false, 'paused' end
    if amount > 0 and amount > step.ceiling - held then return false, 'insufficient' end
    view.own = { id = step.id, letter = 'r', amount = amount, atMs = nowMs + step.leaseMs }
    view.more = amount
    return true
  end
  if op == 'e' then
    if letter ~= 'r' then return false, letter end
    view.own = { id = step.id, letter = 'r', amount = own.amount, atMs = math.max(own.atMs, nowMs + step.leaseMs) }
    return true
  end
  local returned = letter == 'r' and own.amount or 0
  if op == 'c' then
    if letter == 'c' then return true end
    if letter == 'l' or letter == 'unknown' then return false, letter end
    if amount > MOST - held + returned then return false, 'insufficient' end
    view.added = amount
  elseif op == 'l' then
    if letter == 'l' or letter == 'x' then return true end
    if letter ~= 'r' then return false, letter end
  else
    error('not an operation: ' .. op)
  end
  view.own = { id = step.id, letter = op, amount = amount, atMs = nowMs + ENDED_KEPT_MS }
  view.more = -returned
  return true
end

local budget = {
  stateOf = budgetOf,
  parse = function(text)
    local when, op, amount, leaseMs, isHard, isPaused, total, startsAtMs, thresholds, periodKey, id =
      match(text, '^b (%l) (%l) (%d+) (%d+) ([01]) ([01]) ([%d-]+) (%d+) ([%d,]*) (%S+) (.*)$')
    return {
      when = when,
      op = op,
      amount = integer(amount),
      leaseMs = integer(leaseMs),
      ceiling = isHard == '1' and ceilingOf(total) or MOST,
      isPaused = isPaused == '1',
      startsAtMs = integer(startsAtMs),
      thresholds = thresholds ~= '' and thresholds or nil,
      periodKey = periodKey,
      id = id,
    }
  end,
  decide = function(step, state, nowMs)
    seedBudget(state)
    local isRolled = not state.startsAtMs or step.startsAtMs > state.startsAtMs
    local own, ranOut = ownOf(step, state, nowMs)
    while true do
      local due = dueOf(state, nowMs)
      -- Where it is beyond those that are looked at.
      if ranOut and not due.byId[step.id] then
        due.isLooked = true
        endLease(due, ranOut, nowMs)
      end
      local view = { due = due, isRolled = isRolled, added = 0, more = 0 }
      view.spent = isRolled and 0 or state.spent
      view.reserved = (state.reserved or 0) - due.amount
      local passed, why = judge(step, nowMs, own, view.spent + view.reserved, view)
      state.view = view
      view.before = why or (step.op == 's' and 's') or own.letter
      view.after = view.own and view.own.letter or view.before
      if not due.isFull then return passed end
      -- Many have run out: what has been looked at is kept, taken or not, so that it is never looked at again.
      keepDue(state, due)
      change(state)
      view.due = {}
      ranOut = nil
      if passed or why ~= 'insufficient' then return passed end
    end
  end,
  take = function(step, state)
    local view = state.view
    keepDue(state, view.due)
    if view.isRolled then
      if state.startsAtMs then tellBudget(state) end
      state.startsAtMs, state.periodKey, state.spent, state.isTold = step.startsAtMs, step.periodKey, 0, true
      state.reserved, state.version = state.reserved or 0, state.version or 0
      state.nextAtMs, state.keptUntilMs = state.nextAtMs or MOST, state.keptUntilMs or 0
    end
    if view.own then
      writeReservations(state, { view.own })
      state.changes[#state.changes + 1] = view.own
      state.nextAtMs = math.min(state.nextAtMs, view.own.atMs)
      state.keptUntilMs = math.max(state.keptUntilMs, view.own.atMs)
    end
    state.reserved = state.reserved + view.more
    local before = state.spent
    state.spent = before + view.added
    state.added = state.added + view.added
    cross(state, step.thresholds, before, state.spent)
    change(state)
  end,
  tell = function(_, state, _, isTaken)
    local view = state.view
    tell(isTaken and state.reserved or view.reserved)
    tell(isTaken and state.spent or view.spent)
    tell(isTaken and view.added or 0)
    tell(STATES[isTaken and view.after or view.before])
  end,
}

local function writeBudget(state)
  if state.wasCold then checked(state.key, LASTING_SECONDS) end
  if not state.isChanged then return end
  tellBudget(state)
  local totals = table.concat({
    textOf(state.startsAtMs),
    textOf(state.spent),
    textOf(state.reserved),
    textOf(state.version),
    textOf(state.nextAtMs),
    textOf(state.keptUntilMs),
    state.periodKey,
  }, ' ')
  call('HSET', state.key, 't', totals)
  -- A lease may be longer than what lasts is kept.
  local now = tonumber(call('TIME')[1])
  local keptSeconds = textOf(LASTING_SECONDS + math.max(0, math.ceil(state.keptUntilMs / 1000) - now))
  call('EXPIRE', state.key, keptSeconds)
  call('EXPIRE', state.leases, keptSeconds)
end
