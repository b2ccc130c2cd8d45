import { describe, expect, test } from 'vitest';
import { scoreFaults, scoresOf } from '../../runner/mutation.ts';

describe('the scores of mutation testing', () => {
  test('count a mutant that never ended as killed, one that no test runs as survived, and none that does not compile', () => {
    const statuses = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'];
    const mutants = statuses.map((status) => ({ status }));
    expect(scoresOf(JSON.stringify({ files: { 'b.ts': { mutants }, 'a.ts': { mutants: [] } } }))).toEqual({
      'a.ts': { killed: 0, survived: 0 },
      'b.ts': { killed: 2, survived: 2 },
    });
  });

  const known = { 'a.ts': { killed: 95, survived: 5 }, 'b.ts': { killed: 8, survived: 2 } };
  test.each([
    ['hold where no more survive than before', { 'a.ts': { killed: 5, survived: 5 } }, []],
    ['fall where more do', { 'a.ts': { killed: 94, survived: 6 } }, ['a.ts: 6 survive, and were 5']],
    ['hold for a new file from 90 % on', { 'c.ts': { killed: 9, survived: 1 } }, []],
    ['fall for a new file below', { 'c.ts': { killed: 89, survived: 11 } }, ['c.ts: 89.0 % killed']],
    ['fall where nothing was mutated', {}, ['no file was mutated']],
  ])('%s', (_rule, scores, faults) => {
    expect(scoreFaults(scores, known).filter((fault) => !fault.includes('are the least'))).toEqual(faults);
  });

  test.each([
    [90, []],
    [89, ['89.9 % killed; 90 are the least']],
  ])('hold from 90 %% of all files together on: %i and 10', (killed, faults) => {
    expect(scoreFaults({ 'a.ts': { killed, survived: 10 } }, { 'a.ts': { killed: 0, survived: 10 } })).toEqual(faults);
  });
});
