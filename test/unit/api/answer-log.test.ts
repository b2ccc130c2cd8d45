import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAnswerLog } from '../../../api/answer-log.ts';
import { createLogger } from '../../../runtime/log.ts';

let lines: Record<string, unknown>[];
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function answerLog(successes: 'summed' | 'each') {
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return createAnswerLog(createLogger({ logLevel: 'info' }, { name: 'test', destination }), successes);
}

const A_CALL = { requestId: 'req_1', route: '/a', method: 'POST', status: 200, code: undefined, ms: 1 };

describe('successes that are summed', () => {
  test('are one line for each route, method and status, ten seconds after the first', () => {
    const log = answerLog('summed');
    log.answered({ ...A_CALL, ms: 1 }, true);
    log.answered({ ...A_CALL, ms: 4 }, true);
    log.answered({ ...A_CALL, route: '/b' }, true);
    log.answered({ ...A_CALL, status: 302 }, true);
    log.answered({ ...A_CALL, method: 'GET' }, true);
    log.answered({ ...A_CALL, ms: 1 }, true);
    vi.advanceTimersByTime(9_999);
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(lines).toMatchObject([
      { route: '/a', method: 'POST', status: 200, calls: 3, meanMs: 2, mostMs: 4, msg: 'answered' },
      { route: '/b', method: 'POST', status: 200, calls: 1 },
      { route: '/a', method: 'POST', status: 302, calls: 1 },
      { route: '/a', method: 'GET', status: 200, calls: 1 },
    ]);
    expect(lines.some((line) => 'requestId' in line)).toBe(false);
  });

  test('begin anew after each line', () => {
    const log = answerLog('summed');
    log.answered(A_CALL, true);
    vi.advanceTimersByTime(10_000);
    log.answered(A_CALL, true);
    vi.advanceTimersByTime(10_000);
    vi.advanceTimersByTime(10_000);
    expect(lines.map(({ calls }) => calls)).toEqual([1, 1]);
  });

  test('are written when the log is closed', () => {
    const log = answerLog('summed');
    log.answered(A_CALL, true);
    log.close();
    log.close();
    expect(lines.map(({ calls }) => calls)).toEqual([1]);
  });

  test.each([
    ['refusals', { status: 400, code: 'invalid_request' }],
    ['failures', { status: 500, code: 'internal_error' }],
    ['slow calls', { ms: 250 }],
  ])('leave out %s, which have a line each', (_which, told) => {
    const log = answerLog('summed');
    log.answered({ ...A_CALL, ...told }, true);
    expect(lines).toMatchObject([{ requestId: 'req_1', ...told }]);
    log.close();
    expect(lines).toHaveLength(1);
  });
});

describe('successes that are logged each', () => {
  test('have a line with their id and time', () => {
    answerLog('each').answered({ ...A_CALL, ms: 1.2345 }, true);
    expect(lines).toMatchObject([{ requestId: 'req_1', route: '/a', status: 200, ms: 1.23, level: 'info' }]);
  });

  test("are searched for secrets where the id is the caller's", () => {
    answerLog('each').answered({ ...A_CALL, requestId: `kp_live_${'a1'.repeat(32)}` }, false);
    expect(lines).toMatchObject([{ requestId: 'kp_live_[redacted]' }]);
  });
});
