import { describe, expect, test } from 'vitest';
import { createLogger, infoInOurWords, withoutSecrets } from '../../../runtime/log.ts';

const PRODUCT_KEY = `kp_live_${'a1'.repeat(32)}`;
const LICENSE_KEY = 'AB12-CD34-EF56-GH78';

describe('a log line', () => {
  test.each<[string, (log: ReturnType<typeof createLogger>) => void, string]>([
    ['in a header', (log) => log.info({ headers: { authorization: `Bearer ${PRODUCT_KEY}` } }, 'call'), PRODUCT_KEY],
    ['in a list of headers', (log) => log.info({ raw: ['Authorization', `Bearer ${PRODUCT_KEY}`] }), PRODUCT_KEY],
    ['under its name, whatever its form', (log) => log.info({ body: { license_key: 'DEMO-1' } }), 'DEMO-1'],
    ['deep under its name', (log) => log.info({ a: { b: { c: { d: { password: 'hunter2' } } } } }), 'hunter2'],
    ['as a list under its name', (log) => log.info({ 'set-cookie': ['a=hunter2; Path=/', 'b]=x'] }), 'hunter2'],
    ['in a message', (log) => log.info(`validated ${LICENSE_KEY}`), LICENSE_KEY],
    ['in lower case', (log) => log.info(`validated ${LICENSE_KEY.toLowerCase()}`), LICENSE_KEY.toLowerCase()],
    ['in a path', (log) => log.info({ url: `/api/v1/license/${LICENSE_KEY}?x=1` }), LICENSE_KEY],
    ['in an error', (log) => log.error({ err: new Error(`no row for ${LICENSE_KEY}`) }), LICENSE_KEY],
    ["in an error's cause", (log) => log.error(new Error('a', { cause: new Error(PRODUCT_KEY) })), PRODUCT_KEY],
    [
      'in a command that failed',
      (log) =>
        log.error({ err: Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['hunter2'] } }) }),
      'hunter2',
    ],
    ['in JSON inside a text', (log) => log.info(JSON.stringify({ license_key: 'DEMO-1', x: 1 })), 'DEMO-1'],
    ["in a connection's address", (log) => log.info('postgres://me:hunter2@db:5432/x is away'), 'hunter2'],
    ['in an address without a user', (log) => log.info({ url: 'redis://:hunter2@cache:6379' }), 'hunter2'],
    ['bound to a child', (log) => log.child({ apiKey: 'hunter2' }).info('hello'), 'hunter2'],
    ['behind a low line', (log) => log.info(`zz_${PRODUCT_KEY} zz_${LICENSE_KEY}_`), LICENSE_KEY],
    ['as a key behind a low line', (log) => log.info(`zz_${PRODUCT_KEY}`), PRODUCT_KEY],
    ['behind letters', (log) => log.info(`x${LICENSE_KEY}x`), LICENSE_KEY],
    ['as a key behind letters', (log) => log.info(`x${PRODUCT_KEY}`), PRODUCT_KEY],
    ['with its hyphens encoded', (log) => log.info(LICENSE_KEY.replaceAll('-', '%2D')), 'CD34%2DEF56'],
    ['with its low lines encoded', (log) => log.info(PRODUCT_KEY.replaceAll('_', '%5f')), 'a1a1a1'],
    ['in an address behind a low line', (log) => log.info('_redis://:hunter2@cache:6379'), 'hunter2'],
    ['as a webhook or signing secret', (log) => log.info('whsec_hunter2 sgn_hunter2 plm_hunter2'), 'hunter2'],
  ])('holds no secret %s', (_where, write, secret) => {
    const lines: string[] = [];
    write(
      createLogger({ logLevel: 'info' }, { name: 'test', destination: { write: (line) => void lines.push(line) } }),
    );

    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).toContain('[redacted]');
    // What was cleaned is still one line of JSON.
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name: 'test' });
  });

  test('keeps what is no secret: ids, counts, words that only look alike', () => {
    const line = JSON.stringify({
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      request: 'req_01890a5d-ac96-774b-bcce-b302099a8057_01890A5D-AC96-774B-BCCE-B302099A8057',
      keys: 3,
      status: 'license_not_found',
      msg: 'the bearer of this token',
      path: 'http://127.0.0.1:8080/health/ready',
      at: '2026-11-21T12:00:00.000Z',
    });
    expect(withoutSecrets(line)).toBe(line);
  });

  test('in our own words is written as it is, and the next one is searched again', () => {
    const lines: string[] = [];
    const log = createLogger(
      { logLevel: 'info' },
      { name: 'test', destination: { write: (line) => void lines.push(line) } },
    );
    infoInOurWords(log, { route: LICENSE_KEY, ms: 1, code: undefined }, 'answered');
    log.info({ route: LICENSE_KEY }, 'answered');

    const [plain, searched] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(plain).toMatchObject({ level: 'info', name: 'test', route: LICENSE_KEY, ms: 1, msg: 'answered' });
    expect(plain).not.toHaveProperty('code');
    expect(searched).toMatchObject({ route: '[redacted]', msg: 'answered' });
  });

  test('says who speaks, when and how loud, and is silent below its level', () => {
    const lines: string[] = [];
    const log = createLogger(
      { logLevel: 'warn' },
      { name: 'api', destination: { write: (line) => void lines.push(line) } },
    );
    log.info('not this');
    log.warn({ partition: 0 }, 'this');

    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 'warn', name: 'api', partition: 0, msg: 'this' }),
    ]);
    expect((JSON.parse(lines[0] ?? '') as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });
});
