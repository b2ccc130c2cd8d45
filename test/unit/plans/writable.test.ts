import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import { type Resource, writable } from '../../../domain/plans/writable.ts';
import { aSubjectOn, NOON } from './catalogues.ts';

// What makes things read-only that no shipped catalogue has: several limits on one thing, limits of things below the subject, levels.
const newest = (reason: string, order = ['created_at', 'id']) => ({ treatment: 'read_only_newest', order, reason });
const CATALOGUE = parseCatalogue({
  catalogue: 'shelves',
  version: '1',
  subject: 'account',
  fallback: 'free',
  scopes: {
    account: {},
    shelf: { parent: 'account', attributes: { place: ['attic', 'hall'] } },
    book: { parent: 'shelf', attributes: { language: ['latin', 'greek'] } },
  },
  plans: { free: { rank: 0 }, pro: { rank: 1 }, max: { rank: 2 } },
  limits: {
    // Their names come in another order than their `order`.
    a_late: {
      kind: 'count',
      scope: 'account',
      counts: 'book',
      edge: 'refuse',
      order: 2,
      over: newest('too_many'),
      values: { free: 1, pro: 4, max: 'unlimited' },
    },
    b_early: {
      kind: 'count',
      scope: 'account',
      counts: 'book',
      where: { language: 'greek' },
      edge: 'refuse',
      order: 1,
      over: newest('too_greek'),
      values: { free: 1, pro: 1, max: 2 },
    },
    of_a_shelf: {
      kind: 'count',
      scope: 'shelf',
      applies_to: { place: 'attic' },
      counts: 'page',
      edge: 'refuse',
      over: newest('full_shelf', ['id']),
      values: { free: 2, pro: 'unlimited', max: 'unlimited' },
    },
    kept_going: {
      kind: 'count',
      scope: 'account',
      counts: 'lamp',
      edge: 'refuse',
      over: { treatment: 'keep_working' },
      values: { all: 0 },
    },
    said_nothing: { kind: 'count', scope: 'account', counts: 'lamp', edge: 'refuse', values: { all: 0 } },
  },
  features: {
    scripts: {
      type: 'level',
      levels: ['none', 'some', 'all'],
      on_loss: { treatment: 'read_only', resource: 'shelf', where: { place: 'hall' }, reason: 'no_scripts' },
      values: { free: 'none', pro: 'some', max: 'all' },
    },
    lamps: { type: 'boolean', on_loss: 'stop', values: { free: false, pro: false, max: true } },
  },
});

const aBook = (id: string, createdAtMs: number, language = 'latin'): Resource => ({
  kind: 'book',
  id,
  createdAtMs,
  attributes: { language },
});
const aPage = (id: string, shelf: string, place: string): Resource => ({
  kind: 'page',
  id,
  createdAtMs: 0,
  attributes: {},
  scope: { scope: 'shelf', id: shelf, attributes: { place } },
});
const reasons = (plan: string, resources: Resource[]): string[] =>
  writable(CATALOGUE, aSubjectOn(plan), resources, NOON).flatMap(({ id, reason }) =>
    reason === null ? [] : [`${id} ${reason}`],
  );
const causes = (plan: string, resources: Resource[]) =>
  writable(CATALOGUE, aSubjectOn(plan), resources, NOON).flatMap(({ by }) => (by === null ? [] : [by]));

describe('a thing that several limits count', () => {
  const books = [aBook('a', 1, 'greek'), aBook('b', 2, 'greek'), aBook('c', 3)];

  test('is told the limit that comes first by its order, not by its name', () => {
    expect(reasons('free', books)).toEqual(['b too_greek', 'c too_many']);
  });

  test('names the plan on which none of them is in the way', () => {
    expect(causes('free', books).map(({ name, admittingPlan }) => [name, admittingPlan])).toEqual([
      ['b_early', 'max'],
      ['a_late', 'pro'],
    ]);
  });

  test('counts for each of them among those that it counts alone', () => {
    expect(causes('free', books).map(({ used, allowed }) => [used, allowed])).toEqual([
      [2, 1],
      [3, 1],
    ]);
  });
});

describe('a limit of things below the subject', () => {
  const pages = [
    aPage('3', 'x', 'attic'),
    aPage('1', 'x', 'attic'),
    aPage('2', 'x', 'attic'),
    aPage('1', 'y', 'attic'),
  ];

  test('is counted for each of them, and says which', () => {
    expect(reasons('free', pages)).toEqual(['3 full_shelf']);
    expect(causes('free', pages)).toMatchObject([{ scope: 'x', used: 3, allowed: 2, remaining: 0, edge: 'refuse' }]);
  });

  test('takes no other order than its own, so that age alone decides nothing', () => {
    const young = { ...aPage('1', 'x', 'attic'), createdAtMs: 9 };
    expect(reasons('free', [aPage('3', 'x', 'attic'), aPage('2', 'x', 'attic'), young])).toEqual(['3 full_shelf']);
  });

  test('holds only where it applies', () => {
    const elsewhere = pages.map(({ id, scope }) => aPage(id, scope!.id, 'hall'));
    expect(reasons('free', elsewhere)).toEqual([]);
    expect(reasons('free', [...pages, ...elsewhere])).toEqual(['3 full_shelf']);
  });

  test('needs to be told which one, while a limit of the subject does not', () => {
    const { scope: _scope, ...lost } = aPage('1', 'x', 'attic');
    expect(() => reasons('free', [lost])).toThrow(new RangeError("tell the shelf of page '1'"));
    expect(reasons('free', [aBook('a', 1)])).toEqual([]);
  });
});

const shelf = (place: string): Resource => ({ kind: 'shelf', id: place, createdAtMs: 0, attributes: { place } });

describe('a feature with levels', () => {
  test('is lost at its lowest level alone', () => {
    expect(reasons('free', [shelf('hall'), shelf('attic')])).toEqual(['hall no_scripts']);
    expect(reasons('pro', [shelf('hall')])).toEqual([]);
    expect(reasons('max', [shelf('hall')])).toEqual([]);
  });

  test('tells the level left, and no scope where none was told', () => {
    expect(causes('free', [shelf('hall')])).toMatchObject([
      { name: 'scripts', kind: 'level', class: 'state', level: 'none', admittingPlan: 'pro', scope: null },
    ]);
  });
});

test('the oldest stay writable whatever their ids, and of one age the lowest id', () => {
  expect(reasons('free', [aBook('a', 2), aBook('z', 1)])).toEqual(['a too_many']);
  expect(reasons('free', [aBook('z', 1), aBook('y', 1), aBook('x', 1)])).toEqual(['z too_many', 'y too_many']);
});

test('nothing becomes read-only where a limit lets what there is go on, or a feature only stops', () => {
  expect(reasons('free', [{ kind: 'lamp', id: 'l', createdAtMs: 0, attributes: {} }])).toEqual([]);
});
