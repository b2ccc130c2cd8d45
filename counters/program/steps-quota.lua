local quota = {
  parse = function(text)
    local k, when, edge, cost, limit, thresholds = match(text, '^q (%d+) (%l) (%l) (%d+) ([%d-]+) ([%d,]*)$')
    return {
      when = when,
      state = quotaOf(tonumber(k)),
      cost = integer(cost),
      ceiling = edge == 'h' and ceilingOf(limit) or MOST,
      thresholds = thresholds ~= '' and thresholds or nil,
    }
  end,
  decide = function(step)
    return step.cost == 0 or step.cost <= step.ceiling - step.state.used
  end,
  take = function(step)
    local state, cost = step.state, step.cost
    if cost == 0 then return end
    local before = state.used
    state.used = before + cost
    state.added = (state.added or 0) + cost
    cross(state, step.thresholds, before, state.used)
  end,
  tell = function(step)
    tell(step.state.used)
  end,
}
