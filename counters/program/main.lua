-- Runs what is counted by quotas alone as it is read; what may write while it runs waits until all is read. Then writes what changed
-- and appends what happened.

local counted, asked = {}, {}
local run, read, writes
local at, last = FIRST_FACT + 1 + texts + (#KEYS - FIRST_KEY - texts) / 2, #ARGV

while at <= last do
  local text = ARGV[at]
  local one = counted[text]
  if not one and text ~= 'v' then
    local k, cost, limit = match(text, '^q(%d+) (%d+) ([%d-]+)$')
    if k then
      one = { quotaOf(tonumber(k)), integer(cost), limit == '-' and MOST or integer(limit) }
      counted[text] = one
    end
  end
  if one then
    local state, cost = one[1], one[2]
    if state.isCold then
      told[count + 1], told[count + 2] = 2, 0
    elseif cost == 0 or cost <= one[3] - state.used then
      state.used = state.used + cost
      told[count + 1], told[count + 2] = 1, plain(state.used)
      entry[fields + 1], entry[fields + 2] = 'c', ARGV[at + 1]
      fields = fields + 2
    else
      told[count + 1], told[count + 2] = 0, plain(state.used)
    end
    count = count + 2
    at = at + 2
  elseif text == 'v' then
    append('v', ARGV[at + 1])
    at = at + 2
  else
    if not run then
      run, read, writes = (function()
        --[[ programs ]]
      end)()
    end
    asked[#asked + 1], at = read(at)
  end
end
if at ~= last + 1 then error('arguments are missing') end
for i = 1, #asked do run(asked[i]) end

for _, state in pairs(states) do
  if not state.isCold then
    if state.write then
      writes[state.write](state)
    else
      writeQuota(state)
    end
  end
end
return finish(table.concat(told, ' '), entry)
