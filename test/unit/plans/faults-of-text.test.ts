import { describe, expect, test } from 'vitest';
import { readSource } from '../../../domain/plans/source.ts';

// What is wrong with a text before anybody looks at what it says: where it breaks, and what a catalogue doesn't take of YAML.
const faults = (text: string) =>
  readSource(text).faults.map(({ path, line, column, found, message }) => [path, `${line}:${column}`, found, message]);
const RESERVED = 'Plain value cannot start with reserved character @';
const maps = (levels: number) => `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}`;
const lists = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const TOO_DEEP = [['', '1:1', 'a nesting too deep', 'nest at most 32 levels']];

describe('a text that breaks is told where, by line, column and way', () => {
  test.each([
    ['in a map', 'a: 1\nb: @x\nc: 2\n', [['/b', '2:4', '"@"', RESERVED]]],
    ['with lines of Windows', 'a: 1\r\nb: @x\r\nc: 2\r\n', [['/b', '2:4', '"@"', RESERVED]]],
    ['at its first character', '@a: 1\n', [['/@a', '1:1', '"@"', RESERVED]]],
    [
      'in lists and maps, each by itself',
      '- a\n- [b, @c]\n- {d: @e}\n',
      [
        ['/1/1', '2:7', '"@"', RESERVED],
        ['/2/d', '3:7', '"@"', RESERVED],
      ],
    ],
    [
      'at the end of a line',
      'a:\n\tb: 1\n',
      [['/a', '2:1', 'the end of a line', 'Tabs are not allowed as indentation']],
    ],
    ['at its end', 'a: "x\n\nb: 1\n', [['/a', '4:1', 'the end of the text', 'Missing closing "quote']]],
    [
      'in a map within a line',
      'a: b: c\n',
      [['/a/b', '1:4', '"b"', 'Nested mappings are not allowed in compact mappings']],
    ],
    ['in a directive', '%FOO\n---\na: 1\n', [['', '1:1', '"%FOO"', 'Unknown directive %FOO']]],
  ])('%s', (_where, text, expected) => {
    expect(faults(text)).toEqual(expected);
    expect(readSource(text).content).toBeUndefined();
  });
});

describe('a catalogue takes', () => {
  test.each([
    ['no tags', 'a: 1\nb:\n  c: !thing x\n', ['/b/c', '3:6', '"!thing"', 'give plain values: a catalogue has no tags']],
    [
      'no aliases',
      'a: &x 1\nb: [0, *x]\n',
      ['/b/1', '2:8', '*x', 'write the value itself: a catalogue has no aliases'],
    ],
    [
      'no merged maps',
      'a: &x {p: 1}\nb:\n  <<: *x\n',
      ['/b/<<', '3:7', '*x', 'write the value itself: a catalogue has no aliases'],
    ],
    ['one document', 'a: 1\n---\nb: 2\n', ['/a', '2:1', '"---"', 'give one document: a file holds one catalogue']],
    ['names that are texts', '? [x]\n: y\n', ['', '1:3', '"["', 'give a name']],
  ])('%s', (_what, text, fault) => {
    expect(faults(text)).toEqual([fault]);
    expect(readSource(text).content).toBeUndefined();
  });

  test('no field twice, and says what it would be all the same', () => {
    const text = 'a: 1\nb: {c: 1, c: 2}\na: 3\n';
    expect(faults(text)).toEqual([
      ['/b/c', '2:11', '"c"', 'give each field once'],
      ['/a', '3:1', '"a"', 'give each field once'],
    ]);
    expect(readSource(text).content).toEqual({ value: { a: 3, b: { c: 2 } } });
  });

  test('words for what they are, whatever version the text names', () => {
    const text = '%YAML 1.1\n---\na: on\nb: yes\nc: true\nd: 010\n';
    expect(readSource(text)).toMatchObject({ faults: [], content: { value: { a: 'on', b: 'yes', c: true, d: 10 } } });
  });
});

describe('a text', () => {
  test('has 262,144 characters at most', () => {
    expect(faults('x'.repeat(262_144))).toEqual([]);
    expect(faults('x'.repeat(262_145))).toEqual([
      ['', '1:1', '262145 characters', 'give a text of at most 262144 characters'],
    ]);
  });

  test.each([
    ['31 maps, and what is in the last', maps(31), []],
    ['32 maps, and what is in the last', maps(32), TOO_DEEP],
    ['32 lists', lists(32), []],
    ['33 lists', lists(33), TOO_DEEP],
    ['a name that is nested', `? ${lists(40)}\n: 1\n`, TOO_DEEP],
    ['far more than that', '['.repeat(20_000), TOO_DEEP],
  ])('has 32 levels at most: %s', (_what, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  test('tells a hundred of its breaks, and not all', () => {
    expect(faults(Array.from({ length: 150 }, () => '- @a\n').join(''))).toHaveLength(100);
  });
});
