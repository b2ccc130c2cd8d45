-- Reads what is run, all of it, before anything is; then runs it in its order, writes what changed, appends what happened.

local runs, parsed = {}, {}
local run, readStep, writes
local at, last = FIRST_FACT + 1 + texts + (#KEYS - FIRST_KEY - texts) / 2, #ARGV

while at <= last do
  local text = ARGV[at]
  local read = parsed[text]
  if read then
    runs[#runs + 1] = read
    runs[#runs + 1] = ARGV[at + 1]
    at = at + 2
  elseif find(text, '^[qv]') then
    if text ~= 'v' then
      local k, cost, limit = match(text, '^q(%d+) (%d+) ([%d-]+)$')
      read = { state = quotaOf(tonumber(k)), cost = integer(cost), ceiling = ceilingOf(limit) }
    else
      read = { isVerdict = true }
    end
    parsed[text] = read
    runs[#runs + 1] = read
    runs[#runs + 1] = ARGV[at + 1]
    at = at + 2
  else
    if not run then run, readStep, writes = programs() end
    local nowMs, isSuccess, hasEntry, isOnce, steps = match(text, '^p(%d+) ([01]) ([01]) ([01]) (%d+)$')
    local program = { nowMs = integer(nowMs), isSuccess = isSuccess == '1', steps = {} }
    for i = 1, integer(steps) do program.steps[i] = readStep(ARGV[at + i]) end
    at = at + 1 + steps
    if hasEntry == '1' then
      program.entry = ARGV[at]
      at = at + 1
    end
    if isOnce == '1' then
      local k, keptSeconds = match(ARGV[at], '^(%d+) (%d+)$')
      program.once = { k = integer(k), keptSeconds = integer(keptSeconds), meaning = ARGV[at + 1], context = ARGV[at + 2] }
      at = at + 3
    end
    runs[#runs + 1] = program
    runs[#runs + 1] = false
  end
end
if at ~= last + 1 then error('arguments are missing') end

for i = 1, #runs, 2 do
  local read = runs[i]
  local state = read.state
  if read.isVerdict then
    append('v', runs[i + 1])
  elseif not state then
    run(read)
  elseif state.isCold then
    tell(2)
    tell(0)
  elseif read.cost <= read.ceiling - state.used then
    state.used = state.used + read.cost
    tell(1)
    tell(state.used)
    append('c', runs[i + 1])
  else
    tell(0)
    tell(state.used)
  end
end

for _, state in pairs(states) do
  if state.write == 'quota' then
    if not state.isCold then writeQuota(state) end
  elseif not state.isCold then
    writes[state.write](state)
  end
end
return finish(table.concat(told, ' '), entry)
