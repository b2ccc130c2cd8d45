import { describe } from 'vitest';
import { absentFor } from './catalogues.ts';
import { told } from './told-faults.ts';

describe('of lines', () => {
  told([
    [
      'a fallback of another line is told those of its own',
      'disk: { fallback: none_of_it }',
      'disk: { fallback: ‸free }',
      [['/lines/disk/fallback', '"free"', 'no such plan in line disk; there is none_of_it, some_of_it']],
    ],
    [
      'a fallback beside lines is one too many',
      'currency: EUR\n',
      'currency: EUR\n‸fallback: free\n',
      [['/fallback', '"fallback"', 'leave it out: each line has its own']],
    ],
    [
      'a plan must name one where there are several',
      'some_of_it: { line: disk, values: { stored: 500 } }',
      '‸some_of_it: { overridable: true }',
      [['/plans/some_of_it/line', 'nothing', 'give line: one of api, disk']],
    ],
    [
      'a plan in an unknown one is told which there are',
      'some_of_it: { line: disk,',
      'some_of_it: { line: ‸dusk,',
      [['/plans/some_of_it/line', '"dusk"', 'no such line; did you mean disk?']],
    ],
    [
      'a plan extends plans of its own alone',
      'firm: { extends: paid,',
      'firm: { line: api, extends: ‸some_of_it,',
      [['/plans/firm/extends', '"some_of_it"', 'give a plan of line api; some_of_it is of line disk']],
    ],
    [
      'a limit must name one',
      'upload: { kind: size, line: api, scope',
      '‸upload: { kind: size, scope',
      [['/limits/upload/line', 'nothing', 'give line: one of api, disk']],
    ],
    [
      'a feature in an unknown one is told',
      'overage: { type: boolean, line: api',
      'overage: { type: boolean, line: ‸apj',
      [['/features/overage/line', '"apj"', 'no such line; did you mean api?']],
    ],
    [
      "a value for another line's plan belongs below without_line",
      'values: { free: 1, paid: 10 }',
      'values: { free: 1, paid: 10, ‸some_of_it: 3 }',
      [
        [
          '/limits/sites/values/some_of_it',
          '"some_of_it"',
          'plan some_of_it is of line disk: put its value into without_line',
        ],
      ],
    ],
    [
      'a value without the line is none of its own plans',
      'without_line: { some_of_it: 20 }',
      'without_line: { ‸firm: 20 }',
      [['/limits/calls/without_line/firm', '"firm"', 'plan firm is of this line: put its value into values']],
    ],
    [
      'a value at a plan is of a limit of its line',
      'values: { stored: 500 }',
      'values: { stored: 500, ‸upload: 5 }',
      [
        [
          '/plans/some_of_it/values/upload',
          '"upload"',
          "upload is of line api: put this plan's value into limits.upload.without_line",
        ],
      ],
    ],
  ]);
});

describe('of plans', () => {
  told([
    [
      'one that extends an unknown plan is told',
      'extends: paid',
      'line: api, extends: ‸payd',
      [['/plans/firm/extends', '"payd"', 'no such plan; did you mean paid?']],
    ],
    [
      'those that extend each other in a ring are each told',
      'attributes: { seal: true, sla: 99.9 } }\n  firm: { extends: paid,',
      'attributes: { seal: true, sla: 99.9 }, extends: ‸firm }\n  firm: { extends: ‸paid,',
      [
        ['/plans/paid/extends', '"firm"', 'give a plan that does not extend this one'],
        ['/plans/firm/extends', '"paid"', 'give a plan that does not extend this one'],
      ],
    ],
    [
      'an alias that is a plan is told',
      'aliases: [gratis]',
      'aliases: [‸paid]',
      [['/plans/free/aliases/0', '"paid"', 'give another alias; plan paid is called so']],
    ],
    [
      'an alias of two plans is told of the second',
      'aliases: [corp, big]',
      'aliases: [corp, ‸gratis]',
      [['/plans/firm/aliases/1', '"gratis"', 'give another alias; plan free is called so']],
    ],
    [
      'a price without a currency says nothing',
      "catalogue: everything\nversion: '1'\nsubject: team\ncurrency: EUR\n",
      "‸catalogue: everything\nversion: '1'\nsubject: team\n",
      [['/currency', 'nothing', 'give currency: plan paid has a price, which says nothing without one']],
    ],
    [
      'a price that is none is told the forms',
      'price: by_agreement',
      'price: ‸dear',
      [
        [
          '/plans/firm/price',
          '"dear"',
          'give by month, by year or both, in minor units of the currency; or by_agreement',
        ],
      ],
    ],
    [
      'one called all could not be told from all of them',
      'some_of_it: { line: disk,',
      '‸all: { line: disk, values: { stored: 3 } }\n  some_of_it: { line: disk,',
      [['/plans/all', '"all"', 'give another name: among values, all stands for every plan']],
    ],
  ]);
});

describe('of values', () => {
  told([
    [
      'one that neither the plan nor what it extends gives is absent',
      'values: { all: 9, free: 3 }',
      '‸values: { free: 3 }',
      [
        ['/limits/pages/values/paid', 'nothing', absentFor('paid')],
        ['/limits/pages/values/firm', 'nothing', absentFor('firm')],
      ],
    ],
    [
      'one given twice is told at the plan',
      'values: { sites: unlimited } }',
      'values: { sites: unlimited, ‸detail: high } }',
      [['/plans/firm/values/detail', '"detail"', 'give each value once: features.detail.values has one for this plan']],
    ],
    [
      'one at a plan that fits no limit is told what does',
      'values: { sites: unlimited }',
      'values: { sites: ‸true }',
      [['/plans/firm/values/sites', 'true', 'give a whole number from 0 to 9007199254740991, or unlimited']],
    ],
    [
      'one at a plan of something unknown is told',
      'values: { sites: unlimited }',
      'values: { sites: unlimited, ‸siets: 3 }',
      [['/plans/firm/values/siets', '"siets"', 'no such limit or feature; did you mean sites?']],
    ],
    [
      'one at a plan is not needed where from says it',
      'values: { sites: unlimited }',
      'values: { sites: unlimited, ‸export: true }',
      [['/plans/firm/values/export', '"export"', 'leave it out: from says which plans have it']],
    ],
    [
      'from an unknown plan is told, none being one',
      'from: paid',
      'from: ‸nobody',
      [['/features/export/from', '"nobody"', 'no such plan; there is free, paid, firm, none']],
    ],
    [
      'beside from they are one too many',
      'from: none',
      'from: none, ‸values: { all: false }',
      [['/features/overage/values', '"values"', 'leave it out: from says which plans have it']],
    ],
    [
      'a level that does not exist is told',
      'values: { free: low, paid: mid, firm: high }',
      'values: { free: low, paid: ‸midd, firm: high }',
      [['/features/detail/values/paid', '"midd"', 'no such level; did you mean mid?']],
    ],
    [
      'a level without the line exists as well',
      'without_line: { some_of_it: mid }',
      'without_line: { some_of_it: ‸top }',
      [['/features/detail/without_line/some_of_it', '"top"', 'no such level; there is low, mid, high']],
    ],
    [
      'more days than a hundred years are no retention',
      'values: { all: 7, firm: unlimited }',
      'values: { all: ‸36501, firm: unlimited }',
      [['/limits/log_days/values/all', '36501', 'give a whole number of days from 0 to 36500, or unlimited']],
    ],
  ]);
});
