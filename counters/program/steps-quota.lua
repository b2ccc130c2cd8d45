local quota = {
  stateOf = quotaOf,
  parse = function(text)
    local when, edge, cost, limit, thresholds = match(text, '^q (%l) (%l) (%d+) ([%d-]+) ([%d,]*)$')
    return {
      when = when,
      cost = integer(cost),
      ceiling = edge == 'h' and ceilingOf(limit) or MOST,
      thresholds = thresholds ~= '' and thresholds or nil,
    }
  end,
  decide = function(step, state)
    return step.cost == 0 or step.cost <= step.ceiling - state.used
  end,
  take = function(step, state)
    local cost = step.cost
    if cost == 0 then return end
    local before = state.used
    state.used = before + cost
    state.added = (state.added or 0) + cost
    cross(state, step.thresholds, before, state.used)
  end,
  tell = function(_, state)
    tell(state.used)
  end,
}
