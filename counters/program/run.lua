-- Reads and runs a program: decides every step, settles which of them count, takes those, tells how things stand then
-- (`domain/program/model.ts` says the same).

local KINDS = { q = quota, r = rate, c = credits, u = unlimited, b = budget }
local parsed, passed, takes = {}, {}, {}

-- Whether the answer is in what was told before. An idempotency key holds 'untilMs', what is meant by it, context, figures: a line each.
local function isRepeated(once, nowMs)
  local value = values[once.k]
  if not value then return false end
  local untilMs, meaning, context, figures = match(value, '^(%d+)\n([^\n]*)\n([^\n]*)\n(.*)$')
  if nowMs >= integer(untilMs) then return false end
  if meaning ~= once.meaning then
    tell(3)
  else
    tell(4)
    count = count + 1
    told[count] = '\n' .. context .. '\n' .. figures
  end
  return true
end

local function remember(once, nowMs, from)
  local untilMs = string.format('%.0f', nowMs + once.keptSeconds * 1000)
  local figures = table.concat(told, ' ', from, count)
  local value = table.concat({ untilMs, once.meaning, once.context, figures }, '\n')
  values[once.k] = value
  -- It ends by the caller's clock, which may be behind Redis'.
  call('SET', KEYS[FIRST_KEY + once.k], value, 'EX', string.format('%.0f', once.keptSeconds + 60))
end

local function isCold(steps, held)
  local cold = {}
  for at = 1, #steps do
    if held[at] and held[at].isCold then cold[#cold + 1] = at end
  end
  if #cold == 0 then return false end
  tell(2)
  tell(#cold)
  for _, at in ipairs(cold) do tell(at) end
  return true
end

-- Returns the first step that refuses, or nil. Neighbouring rates of one 'when' are one run: taken together or not at all.
local function decide(steps, held, nowMs, isSuccess)
  local refusedBy
  local from = 1
  while steps[from] do
    local first = steps[from]
    local when, to = first.when, from
    if first.kind.isRate then
      while steps[to + 1] and steps[to + 1].kind.isRate and steps[to + 1].when == when do to = to + 1 end
    end
    local isReached = when == 'a' or (not refusedBy and (when == 'p' or isSuccess))
    local fits = isReached
    for at = from, to do
      passed[at] = steps[at].kind.decide(steps[at], held[at], nowMs)
      if isReached and not passed[at] then
        fits = false
        refusedBy = refusedBy or at
      end
    end
    for at = from, to do
      takes[at] = fits
      if first.kind.isRate then held[at].ahead = 0 end
    end
    from = to + 1
  end
  return refusedBy
end

local function run(program)
  local steps, held, nowMs, once = program.steps, program.held, program.nowMs, program.once
  if once and isRepeated(once, nowMs) then return end
  if isCold(steps, held) then return end
  local begins = count + 1
  local refusedBy = decide(steps, held, nowMs, program.isSuccess)
  for at, step in ipairs(steps) do
    takes[at] = takes[at] and (step.when ~= 's' or not refusedBy)
    if takes[at] then step.kind.take(step, held[at], nowMs) end
  end
  tell(1)
  for at, step in ipairs(steps) do
    tell(passed[at] and 1 or 0)
    step.kind.tell(step, held[at], nowMs, takes[at])
  end
  if once then remember(once, nowMs, begins) end
end

-- What is asked of a state, whichever: the same for many tenants.
local function stepOf(text)
  local step = parsed[text]
  if not step then
    local kind = KINDS[string.sub(text, 1, 1)]
    if not kind then error('not a step: ' .. text) end
    step = kind.parse(text)
    if not step.when or not find(step.when, '^[aps]$') then error('not a step: ' .. text) end
    step.kind = kind
    parsed[text] = step
  end
  return step
end

-- The program whose arguments begin at 'at', and what follows them.
local function read(at)
  local nowMs, isSuccess, isOnce, numbers = match(ARGV[at], '^p(%d+) ([01]) ([01]) ([%d,]*)$')
  local program = { nowMs = integer(nowMs), isSuccess = isSuccess == '1', steps = {}, held = {} }
  local length = 0
  for number in gmatch(numbers, '%d+') do
    length = length + 1
    local step = stepOf(ARGV[at + length])
    program.steps[length], program.held[length] = step, step.kind.stateOf(tonumber(number), step)
  end
  at = at + 1 + length
  if isOnce == '1' then
    local k, keptSeconds = match(ARGV[at], '^(%d+) (%d+)$')
    program.once = { k = integer(k), keptSeconds = integer(keptSeconds), meaning = ARGV[at + 1], context = ARGV[at + 2] }
    at = at + 3
  end
  return program, at
end

return run, read, { rate = writeRate, credits = writeCredits, budget = writeBudget }
