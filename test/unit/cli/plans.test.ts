import { describe, expect, test } from 'vitest';
import { changed, KEYWAY, NOTES, plans, plansJson, UNKEY } from './plans-commands.ts';

describe('plans check', () => {
  test('has nothing to say of a good catalogue but what is in it', () => {
    expect(plansJson('check', NOTES)).toEqual({
      valid: true,
      catalogue: 'notes',
      version: '1',
      plans: 3,
      limits: 1,
      features: 1,
      faults: [],
    });
  });

  test('tells every fault with its line and column, and ends with 1', () => {
    const file = changed(NOTES, 'values: { free: 3, pro: 50, business: unlimited }', 'values: { free: -1, prro: 50 }');
    const { code, stdout, stderr } = plans('check', file);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.split('\n').map((line) => line.slice(file.length))).toEqual([
      expect.stringMatching(/^:19:5 \/limits\/notebooks\/values\/pro: found nothing; give /),
      expect.stringMatching(/^:19:5 \/limits\/notebooks\/values\/business: found nothing; give /),
      expect.stringMatching(/^:19:21 \/limits\/notebooks\/values\/free: found -1; /),
      expect.stringMatching(/^:19:25 \/limits\/notebooks\/values\/prro: .*did you mean pro\?/),
      '',
    ]);
    expect(JSON.parse(plans('check', file, '--json').stdout)).toMatchObject({
      valid: false,
      faults: [{ line: 19, column: 5 }, { column: 5 }, { line: 19, column: 21, found: '-1' }, { column: 25 }],
    });
  });

  test.each([
    ['a file that is not there', 'nowhere.yaml', /^nowhere.yaml: there is no such file/],
    ['a directory', 'plans', /^plans: that is a directory/],
  ])('refuses %s with 64', (_what, file, says) => {
    const { code, stdout, stderr } = plans('check', file);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(says);
  });

  test('the other commands refuse a faulty catalogue with 78', () => {
    const file = changed(NOTES, 'edge: refuse', 'edge: refused');
    const told = [plans('show', file), plans('diff', NOTES, file), plans('explain', file, '--question', 'writable')];
    for (const { code, stdout, stderr } of told) {
      expect([code, stdout]).toEqual([78, '']);
      expect(stderr).toMatch(/:18:11 \/limits\/notebooks\/edge: found "refused"; /);
    }
  });
});

describe('plans show', () => {
  test('has a column for each plan by rank, and spells unlimited out', () => {
    const { stdout } = plans('show', NOTES);
    expect(stdout).toMatch(/^ +free {2,}pro {2,}business$/m);
    expect(stdout).toMatch(/^ {2}notebooks +3 +50 +unlimited {2}notebook, each account; refused beyond it$/m);
    expect(stdout).toMatch(/^ {2}export +no +yes +yes {2}when lost: stop$/m);
  });

  test('has a table for each line, and one for values that hold without one', () => {
    const { sections } = plansJson('show', UNKEY) as { sections: Shown[] };
    expect(sections.map(({ line, by }) => [line, by])).toEqual([
      ['api', null],
      ['api', 'compute'],
      ['compute', null],
    ]);
    const names = sections[1]!.columns.map(({ plan }) => plan);
    expect(names).toEqual(['compute_none', 'compute_starter', 'compute_pro', 'compute_business']);
    expect(rowOf(sections[1]!, 'log_retention')).toEqual([7, 3, 7, 14]);
    expect(rowOf(sections[0]!, 'log_retention')).toEqual([7, 90, 90, 90, 90, 90, 90, 90, 90]);
  });

  test('writes prices in the units of their currency', () => {
    expect([priced('EUR'), priced('JPY'), priced('KWD')]).toEqual(['1,234.56', '123,456', '123.456']);
  });

  test('as HTML is one page that loads nothing, with heads for columns, rows and groups', () => {
    const { stdout } = plans('show', KEYWAY, '--format', 'html');
    expect(stdout).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(stdout).not.toMatch(/<script|\bsrc=|<link|url\(|@import/);
    expect(stdout).toContain('<th scope="col">Pro <code>pro</code></th>');
    expect(stdout).toContain('<th scope="rowgroup" colspan="5">What exists</th>');
    expect(stdout).toMatch(
      /<th scope="row">private vault <code>private_vaults<\/code><small>[^<]*<\/small><\/th><td>1<\/td><td>unlimited/,
    );
    const [opened, closed] = [
      stdout.match(/<(?:tr|td|th|table|tbody|section|div)\b/g),
      stdout.match(/<\/(?:tr|td|th|table|tbody|section|div)>/g),
    ];
    expect(opened).toHaveLength(closed!.length);
  });

  test('as HTML escapes whatever a catalogue says', () => {
    const evil = `<script>alert("1")</script> & 'x'`;
    const file = changed(KEYWAY, 'free: Free', `free: ${JSON.stringify(evil)}`);
    const { stdout } = plans('show', file, '--format', 'html');
    expect(stdout).not.toContain('<script>');
    expect(stdout).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; <code>free</code>');
  });

  test('refuses a format that is none', () => {
    const { code, stderr } = plans('show', NOTES, '--format', 'pdf');
    expect(code).toBe(64);
    expect(stderr).toMatch(/Allowed choices are text, html, json/);
  });
});

/** The first plan's price of 123,456 minor units. */
function priced(currency: string): unknown {
  const text = `currency: ${currency}\nplans:\n  free: { price: { month: 123456 } }`;
  const file = changed(NOTES, 'plans:\n  free: {}', text);
  return rowOf((plansJson('show', file) as { sections: Shown[] }).sections[0]!, 'price a month')![0];
}

interface Shown {
  line: string;
  by: string | null;
  columns: { plan: string }[];
  groups: { rows: { name: string; cells: unknown[] }[] }[];
}

function rowOf({ groups }: Shown, name: string): unknown[] | undefined {
  return groups.flatMap(({ rows }) => rows).find((row) => row.name === name)?.cells;
}

describe('plans diff', () => {
  test('tells in words and as data what changes for whom', () => {
    const { changes, sentences } = plansJson('diff', KEYWAY, 'plans/examples/keyway-later.yaml');
    expect(sentences).toContain("On 'free' providers goes from 1 to 2 (more).");
    expect(changes).toContainEqual({
      of: 'limit',
      name: 'providers',
      field: 'values',
      plan: 'free',
      before: 1,
      after: 2,
      effect: 'gains',
    });
  });

  test('says so when nothing changes', () => {
    expect(plans('diff', NOTES, NOTES)).toEqual({ code: 0, stdout: 'Nothing changes.\n', stderr: '' });
  });
});
