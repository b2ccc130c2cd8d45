import { loadCatalogue } from '../../../domain/plans/load.ts';

/** A catalogue with everything that one can say, each thing once or twice: tests change a word and say where the fault is. */
export const EVERY_KIND_TEXT = `catalogue: everything
version: '1'
subject: team
currency: EUR
lines:
  api: { fallback: free }
  disk: { fallback: none_of_it }
scopes:
  address: {}
  team: {}
  site: { parent: team, attributes: { visibility: [open, closed], owner: [person, firm] } }
plans:
  free: { line: api, aliases: [gratis], acquisition: default, billing: none, price: { month: 0 } }
  paid: { line: api, overridable: true, acquisition: self_serve, billing: card, price: { month: 900, year: 9000 }, attributes: { seal: true, sla: 99.9 } }
  firm: { extends: paid, aliases: [corp, big], acquisition: sales_led, billing: manual, price: by_agreement, values: { sites: unlimited } }
  none_of_it: { line: disk }
  some_of_it: { line: disk, values: { stored: 500 } }
features:
  export: { type: boolean, line: api, gates: [write, read], on_loss: keep_working, contract: true, from: paid }
  closed_sites:
    type: boolean
    line: api
    gates: write
    on_loss: { treatment: read_only, resource: site, where: { visibility: closed }, reason: no_closed_sites }
    values: { all: true, free: false }
  detail:
    type: level
    line: api
    levels: [low, mid, high]
    gates: shape
    on_loss: clamp
    shape: { low: [a], mid: [b, c], high: [d] }
    values: { free: low, paid: mid, firm: high }
    without_line: { some_of_it: mid }
  overage: { type: boolean, line: api, on_loss: stop, from: none }
limits:
  sites:
    kind: count
    line: api
    scope: team
    counts: site
    where: { visibility: closed, owner: [person, firm] }
    edge: refuse
    order: 2
    over: { treatment: read_only_newest, order: [created_at, id], reason: too_many }
    values: { free: 1, paid: 10 }
  pages: { kind: count, line: api, scope: site, counts: page, applies_to: { visibility: [open] }, edge: queue, values: { all: 9, free: 3 } }
  stored: { kind: sum, line: disk, scope: team, counts: file, unit: byte, edge: refuse, over: { treatment: keep_working }, values: { none_of_it: 0 } }
  upload: { kind: size, line: api, scope: site, unit: byte, edge: invalid, values: { all: 65536 } }
  calls:
    kind: quota
    line: api
    scope: team
    counts: [call.read, call.write]
    period: day
    zone: Europe/Berlin
    edge: { if_feature: overage, then: overage, otherwise: hard }
    counted: success
    costs: { call.write: 5, call.read: 0 }
    notices: [80, 100]
    remind_every_seconds: 604800
    values: { free: 10, paid: 100 }
    without_line: { some_of_it: 20 }
  pace: { kind: rate, line: api, scope: team, fallback_scope: address, window_seconds: 60, edge: refuse, on_error: open, clear_on: upgrade, values: { all: 5 } }
  coins: { kind: credits, line: api, scope: team, edge: hard, refill: { interval: month, day_of_month: 31 }, zone: subject, values: { all: 50 } }
  spend: { kind: budget, line: api, scope: site, unit: usd_micros, edge: hard, period: month, lease_seconds: 60, values: { all: unlimited } }
  log_days: { kind: retention, line: api, scope: team, unit: days, records: [entry, event], grace_days: 3, chain: boundary, values: { all: 7, firm: unlimited } }
constraints:
  page_size: { default: 25, max: 100 }
  form: '^[a-z]+$'
presentation:
  style: problem
  base: https://example.com/errors/
  codes: { feature: no, limit: no, quota: no, rate: slow, credits: poor, budget: poor, size: big, state: frozen }
  upgrade_url: https://example.com/upgrade
  unlimited: -1
  usage: { plan: plan, limits: { maxSites: allowed sites, canExport: has export }, sites: used sites }
  titles: { free: Free, sites: closed site, export: Export }
`;

export const EVERY_KIND = loadCatalogue(EVERY_KIND_TEXT, 'everything.yaml');
