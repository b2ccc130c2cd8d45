import { expect, test } from 'vitest';
import { Remembered } from '../../../domain/plans/remembered.ts';

const all = (remembered: Remembered<number>): (number | undefined)[] =>
  ['a', 'b', 'c'].map((name) => remembered.get(name));

test('what is remembered is the last of each name, and nothing is known of others', () => {
  const remembered = new Remembered<number>(2);
  expect(all(remembered)).toEqual([undefined, undefined, undefined]);
  remembered.set('a', 1);
  remembered.set('b', 2);
  expect(all(remembered)).toEqual([1, 2, undefined]);
});

test('full, it takes another value of a name it has, and for another name begins again', () => {
  const remembered = new Remembered<number>(2);
  remembered.set('a', 1);
  remembered.set('b', 2);
  remembered.set('a', 3);
  expect(all(remembered)).toEqual([3, 2, undefined]);
  remembered.set('c', 4);
  expect(all(remembered)).toEqual([undefined, undefined, 4]);
});
