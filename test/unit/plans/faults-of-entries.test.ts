import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { faultsOf, LIMIT_VALUE, replaced } from './catalogues.ts';
import { EVERY_KIND_TEXT } from './catalogues-of-every-kind.ts';
import { told } from './told-faults.ts';

describe('of limits', () => {
  told([
    [
      'an attribute that the scope lacks is told',
      'where: { visibility: closed,',
      'where: { ‸visibilty: closed,',
      [['/limits/sites/where/visibilty', '"visibilty"', 'no such attribute of scope site; did you mean visibility?']],
    ],
    [
      'a value that the attribute lacks is told',
      'owner: [person, firm] }\n    edge',
      'owner: [person, ‸form] }\n    edge',
      [['/limits/sites/where/owner/1', '"form"', 'no such value; did you mean firm?']],
    ],
    [
      'a condition on things that are no scope has nothing to go by',
      'scope: site, counts: page, applies_to: { visibility: [open] }',
      'scope: site, counts: page, ‸where: { visibility: [open] }',
      [['/limits/pages/where', '"where"', 'declare a scope page with its attributes, or leave this out']],
    ],
    [
      'applies_to speaks of the scope of the limit',
      'applies_to: { visibility: [open] }',
      'applies_to: { visibility: [‸opn] }',
      [['/limits/pages/applies_to/visibility/0', '"opn"', 'no such value; did you mean open?']],
    ],
    [
      'what is beyond a limit is sorted by age or id, and by nothing else',
      'order: [created_at, id], reason: too_many',
      'order: [created_at, ‸size], reason: too_many',
      [['/limits/sites/over/order/1', '"size"', 'give one of created_at, id']],
    ],
    [
      'an unknown fallback scope is told',
      'fallback_scope: address',
      'fallback_scope: ‸adress',
      [['/limits/pace/fallback_scope', '"adress"', 'no such scope; did you mean address?']],
    ],
    [
      'an edge by an unknown feature is told',
      'if_feature: overage',
      'if_feature: ‸overages',
      [['/limits/calls/edge/if_feature', '"overages"', 'no such feature; did you mean overage?']],
    ],
    [
      'an edge by a feature with levels has no answer',
      'if_feature: overage',
      'if_feature: ‸detail',
      [['/limits/calls/edge/if_feature', '"detail"', 'give a feature that is there or not; detail has levels']],
    ],
    [
      'an edge by feature that another kind has is told',
      'otherwise: hard }',
      'otherwise: ‸notify }',
      [['/limits/calls/edge/otherwise', '"notify"', 'give one of hard, soft, overage']],
    ],
    [
      'a cost of an event that is not counted is told',
      'call.write: 5,',
      '‸call.wrote: 5,',
      [['/limits/calls/costs/call.wrote', '"call.wrote"', 'no such event; did you mean call.write?']],
    ],
    [
      'notices ascend',
      'notices: [80, 100]',
      'notices: [100, ‸80]',
      [['/limits/calls/notices/1', '80', 'give more than the 100 before it: they ascend']],
    ],
    [
      'a zone that does not exist is told',
      'zone: Europe/Berlin',
      'zone: ‸Europe/Berlim',
      [['/limits/calls/zone', '"Europe/Berlim"', 'no such zone; did you mean Europe/Berlin?']],
    ],
    [
      'a zone changes no UTC day',
      'period: day\n    zone: Europe/Berlin',
      'period: utc_day\n    ‸zone: Europe/Berlin',
      [['/limits/calls/zone', '"zone"', 'leave it out: no zone changes what utc_day means']],
    ],
    [
      'a period of another kind is told',
      'period: month, lease_seconds',
      'period: ‸billing_period, lease_seconds',
      [['/limits/spend/period', '"billing_period"', 'give one of day, month, total']],
    ],
    [
      'a daily refill has no day of the month',
      'refill: { interval: month, day_of_month: 31 }',
      'refill: { interval: day, ‸day_of_month: 31 }',
      [['/limits/coins/refill/day_of_month', '"day_of_month"', 'leave it out: a refill of every day has none']],
    ],
    [
      'a day that no month has is told',
      'day_of_month: 31',
      'day_of_month: ‸32',
      [['/limits/coins/refill/day_of_month', '32', 'give a whole number from 1 to 31']],
    ],
    [
      'the newest can only be read for a reason, and in an order',
      'over: { treatment: read_only_newest, order: [created_at, id], reason: too_many }',
      '‸over: { treatment: read_only_newest }',
      [
        ['/limits/sites/over/order', 'nothing', 'give order: by what they are sorted'],
        ['/limits/sites/over/reason', 'nothing', 'give reason: the reason told for what can only be read'],
      ],
    ],
    [
      'what keeps working needs no reason',
      'over: { treatment: keep_working }',
      'over: { treatment: keep_working, ‸reason: because }',
      [['/limits/stored/over/reason', '"reason"', 'leave it out: reason is for read_only_newest alone']],
    ],
    [
      'a sum has no newest',
      'over: { treatment: keep_working }',
      'over: { treatment: ‸read_only_newest, order: [id], reason: why }',
      [
        [
          '/limits/stored/over/treatment',
          '"read_only_newest"',
          'give keep_working: only things that are counted can be sorted',
        ],
      ],
    ],
    [
      'a kind of record has one retention',
      'chain: boundary, values: { all: 7, firm: unlimited } }\n',
      'values: { all: 7 } }\n  more: { kind: retention, line: api, scope: team, unit: days, records: [line, ‸event], values: { all: 1 } }\n',
      [['/limits/more/records/1', '"event"', 'name each kind of record in one limit; log_days has it']],
    ],
    [
      'notices are for what is counted up',
      'upload: { kind: size,',
      'upload: { kind: size, ‸notices: [80],',
      [
        [
          '/limits/upload/notices',
          '"notices"',
          'no such field; there is kind, scope, line, unit, overridable, contract, order, applies_to, values, without_line, edge',
        ],
      ],
    ],
    [
      'a window of no seconds is none',
      'window_seconds: 60',
      'window_seconds: ‸0',
      [['/limits/pace/window_seconds', '0', 'give a whole number from 1 to 31536000']],
    ],
  ]);
});

describe('of features', () => {
  told([
    [
      'a verb that does not exist is told',
      'gates: [write, read]',
      'gates: [write, ‸raed]',
      [['/features/export/gates/1', '"raed"', 'give one of write, read, capture, run, shape; did you mean read?']],
    ],
    [
      'read-only without a resource and a reason is told',
      'on_loss: keep_working, contract',
      '‸on_loss: read_only, contract',
      [
        ['/features/export/on_loss/resource', 'nothing', 'give resource: the scope that can only be read'],
        ['/features/export/on_loss/reason', 'nothing', 'give reason: the reason told'],
      ],
    ],
    [
      'read-only of something that is no scope is told',
      'resource: site',
      'resource: ‸sitte',
      [['/features/closed_sites/on_loss/resource', '"sitte"', 'no such scope; did you mean site?']],
    ],
    [
      'read-only of things with an unknown attribute is told',
      'where: { visibility: closed }, reason',
      'where: { ‸colour: red }, reason',
      [
        [
          '/features/closed_sites/on_loss/where/colour',
          '"colour"',
          'no such attribute of scope site; there is visibility, owner',
        ],
      ],
    ],
    [
      'only a level can be clamped',
      'on_loss: stop, from: none',
      'on_loss: ‸clamp, from: none',
      [['/features/overage/on_loss', '"clamp"', 'give another treatment: only a level can be clamped']],
    ],
    [
      'only levels shape an answer',
      'gates: [write, read]',
      'gates: ‸[write, shape]',
      [['/features/export/gates', 'a list', 'leave out shape: only levels shape an answer']],
    ],
    [
      'a shape needs its gate',
      'gates: shape\n    on_loss: clamp\n    shape:',
      'gates: read\n    on_loss: clamp\n    ‸shape:',
      [['/features/detail/shape', '"shape"', 'name shape among the gates, or leave it out']],
    ],
    [
      'a gate of shape needs the fields',
      '  detail:\n    type: level\n    line: api\n    levels: [low, mid, high]\n    gates: shape\n    on_loss: clamp\n    shape: { low: [a], mid: [b, c], high: [d] }\n',
      '  ‸detail:\n    type: level\n    line: api\n    levels: [low, mid, high]\n    gates: shape\n    on_loss: clamp\n',
      [['/features/detail/shape', 'nothing', 'give shape: the fields that each level adds to an answer']],
    ],
    [
      'a shape of an unknown level is told',
      'high: [d] }',
      '‸hihg: [d] }',
      [['/features/detail/shape/hihg', '"hihg"', 'no such level; did you mean high?']],
    ],
    [
      'two levels add no field twice',
      'mid: [b, c]',
      'mid: [b, ‸a]',
      [['/features/detail/shape/mid/1', '"a"', 'name each field once; level low adds it']],
    ],
    [
      'a limit and a feature have names of their own',
      '  overage: { type',
      '  ‸upload: { type: boolean, line: api, on_loss: stop, from: none }\n  overage: { type',
      [['/features/upload', '"upload"', 'give a name of its own; a limit has this one']],
    ],
  ]);
});

describe('of a presentation', () => {
  told([
    [
      'every class that can be met has a code',
      'codes: { feature: no, limit: no, quota: no, rate: slow, credits: poor, ',
      '‸codes: { feature: no, limit: no, quota: no, rate: slow, ',
      [['/presentation/codes/credits', 'nothing', 'give credits: the code of a refusal by limit coins']],
    ],
    [
      'a style that does not exist is told',
      'style: problem',
      'style: ‸problems',
      [['/presentation/style', '"problems"', 'give one of problem, access_block, envelope; did you mean problem?']],
    ],
    [
      'a title of something unknown is told',
      'titles: { free: Free,',
      'titles: { ‸fre: Free,',
      [['/presentation/titles/fre', '"fre"', 'no such plan, limit, feature or scope; did you mean free?']],
    ],
    [
      'a field that tells of an unknown limit is told',
      'allowed sites',
      '‸allowed sitse',
      [['/presentation/usage/limits/maxSites', '"sitse"', 'no such limit; did you mean sites?']],
    ],
    [
      'a field that says something else is told the forms',
      'sites: used sites',
      'sites: ‸spent sites',
      [
        [
          '/presentation/usage/sites',
          '"spent sites"',
          'give plan, allowed LIMIT, used LIMIT or has FEATURE; or a map of such fields',
        ],
      ],
    ],
  ]);
});

test('a limit at a level of numbers is told what a limit is, of whatever kind', () => {
  for (const piece of [
    'values: { all: 65536 }',
    'values: { all: 5 }',
    'values: { all: 50 }',
    'values: { all: unlimited }',
  ]) {
    const [fault] = faultsOf(() => loadCatalogue(replaced(EVERY_KIND_TEXT, piece, 'values: { all: -1 }'), 'x.yaml'));
    expect(fault).toMatchObject({ found: '-1', message: LIMIT_VALUE });
  }
});
