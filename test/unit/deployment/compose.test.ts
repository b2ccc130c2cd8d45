import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../../runtime/config.ts';
import { ACCOUNT_SETTINGS } from '../../../runtime/settings/accounts.ts';
import { API_SETTINGS } from '../../../runtime/settings/api.ts';
import { AUDIT_SETTINGS } from '../../../runtime/settings/audit.ts';
import { MAIL_SETTINGS } from '../../../runtime/settings/mail.ts';
import { ROOT } from '../../runner/process.ts';

interface Service {
  image: string;
  build?: unknown;
  restart: string;
  command?: string[];
  healthcheck?: { test: string[] };
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  configs?: { source: string }[];
}
interface ComposeFile {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as ComposeFile;
const services = Object.entries(compose.services);
const ours = ['migrate', 'api', 'worker'];
const VARIABLES = Object.values(SETTINGS);
/** What accounts, mails, the management API and the audit log need. */
const FOR_PEOPLE = [ACCOUNT_SETTINGS, API_SETTINGS, AUDIT_SETTINGS, MAIL_SETTINGS].flatMap((each) =>
  Object.values(each),
);
/** What a container can't know by itself. */
const FOR_CONTAINERS = ['TEMPORAL_UI_URL', 'PLIMSOLL_PUBLIC_URL'];

/** Of our own settings we know; of others the name tells. */
function isSecret(name: string): boolean {
  const ours = VARIABLES.find(({ variable }) => variable === name);
  return ours ? ours.secret === true : /PASSWORD|PWD|SECRET|TOKEN|KEY|_URL$/.test(name);
}

/** Whether it is a setting of ours that the platform runs without. */
function isOptional(name: string): boolean {
  return VARIABLES.some(({ variable, fallback }) => variable === name && fallback !== undefined);
}

/** What a service waits for. */
const needs = (name: string): string[] => Object.keys(compose.services[name]!.depends_on!);

/** Whether a service runs to its end instead of staying. */
const isOneShot = (service: Service): boolean => service.restart.startsWith('on-failure');

describe('docker-compose.yml', () => {
  test('is valid by the schema of the Compose Specification', () => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'test', 'fixtures', 'compose-spec.json'), 'utf8'));
    const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { duration: true, ports: true, expose: true } });
    const validate = ajv.compile(schema);
    const valid = validate(compose);
    expect(validate.errors).toBeNull();
    expect(valid).toBe(true);
    // The check must be able to fail: a number where a command's words belong.
    expect(validate({ services: { api: { image: 'x', healthcheck: { test: ['CMD', { a: 1 }] } } } })).toBe(false);
  });

  test('has the parts of a platform', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['postgres', 'redis', 'temporal', 'temporal-ui', 'migrate', 'api', 'worker']),
    );
  });

  test.each(services)('%s has a health check, or runs to its end', (_name, service) => {
    expect(isOneShot(service)).toBe(service.healthcheck === undefined);
    expect(['unless-stopped', 'on-failure:5', 'on-failure:10']).toContain(service.restart);
  });

  test.each(services)('%s waits for health or completion, each where it can come', (_name, service) => {
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = compose.services[needed]!;
      expect(condition).toBe(isOneShot(other) ? 'service_completed_successfully' : 'service_healthy');
    }
  });

  test.each(services)('%s has an image of an exact version', (_name, service) => {
    if (service.build) expect(service.image).toBe('plimsoll:local');
    else expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+\.?\d*(-[a-z]+)?$/);
  });

  test.each(services)('%s publishes on loopback alone unless told otherwise', (_name, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^\$\{[A-Z_]+:-127\.0\.0\.1:\d+\}:\d+$/);
  });

  test.each(services)('%s keeps its data in named volumes', (_name, service) => {
    for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
  });

  test('holds no secret: each comes from outside, and is required unless the platform runs without it', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => isSecret(name)),
    );
    const [optional, required] = [true, false].map((which) => secrets.filter(([name]) => isOptional(name) === which));
    expect(required!.length).toBeGreaterThan(8);
    for (const [name, value] of required!)
      expect([name, value]).toEqual([name, expect.stringMatching(/\$\{[A-Z_]+:\?/)]);
    // Passed on as it is, with nothing in its place.
    for (const [name, value] of optional!) expect([name, value]).toEqual([name, `\${${name}:-}`]);
    expect(compose.configs.redis!.content).toMatch(/requirepass \$\{REDIS_PASSWORD:\?/);
  });

  test.each(['api', 'worker'])('passes every optional secret on to %s', (name) => {
    const optional = VARIABLES.filter(({ secret, fallback }) => secret && fallback !== undefined);
    expect(optional.length).toBeGreaterThan(0);
    expect(Object.keys(compose.services[name]!.environment!)).toEqual(
      expect.arrayContaining(optional.map(({ variable }) => variable)),
    );
  });

  test('runs Redis so that counters are neither evicted nor lost', () => {
    const { content } = compose.configs.redis!;
    for (const line of ['maxmemory-policy noeviction', 'appendonly yes', 'appendfsync always']) {
      expect(content.split('\n')).toContain(line);
    }
  });

  test.each(ours)('gives %s nothing that is no setting, and everything that is required', (name) => {
    const given = Object.keys(compose.services[name]!.environment!);
    const known = VARIABLES.flatMap((each) => [each.variable, `${each.variable}_FILE`]);
    expect(given.filter((variable) => !known.includes(variable))).toEqual([]);
    const required = VARIABLES.filter((each) => each.fallback === undefined).map((each) => each.variable);
    expect(required.filter((variable) => !given.includes(variable))).toEqual([]);
  });

  test.each(ours)('runs a file of ours as %s', (name) => {
    const [program, file] = compose.services[name]!.command!;
    expect(program).toBe('node');
    expect(existsSync(join(ROOT, file!))).toBe(true);
  });

  test('starts API and worker on a migrated database only', () => {
    for (const name of ['api', 'worker']) {
      expect(compose.services[name]!.depends_on!.migrate).toEqual({ condition: 'service_completed_successfully' });
    }
  });

  test('starts validation without Temporal, and the worker on it', () => {
    expect(needs('api').filter((needed) => needed.startsWith('temporal'))).toEqual([]);
    expect(needs('worker')).toEqual(expect.arrayContaining(['temporal', 'temporal-namespace']));
  });

  test('lets settings be set from outside, and else means what the platform means', () => {
    for (const name of ours) {
      for (const [variable, value] of Object.entries(compose.services[name]!.environment!)) {
        if (!value.startsWith(`\${${variable}:-`) || FOR_CONTAINERS.includes(variable)) continue;
        const { fallback } = VARIABLES.find((each) => each.variable === variable)!;
        expect(value).toBe(`\${${variable}:-${fallback}}`);
      }
    }
  });

  test.each(['PLIMSOLL_PARTITIONS', 'PLIMSOLL_REDIS_OUTAGE', 'PLIMSOLL_SHUTDOWN_GRACE', 'PLIMSOLL_LOG_LEVEL'])(
    'gives %s to every process of ours',
    (variable) => {
      for (const name of ours) expect(compose.services[name]!.environment).toHaveProperty(variable);
    },
  );

  test.each(FOR_PEOPLE.map(({ variable }) => variable))(
    'gives %s to API and worker alike, to be set from outside',
    (variable) => {
      for (const name of ['api', 'worker'])
        expect(compose.services[name]!.environment![variable]).toMatch(`\${${variable}:-`);
    },
  );

  test('sends people where the API is published', () => {
    const { environment, ports } = compose.services.api!;
    const [, published] = /:-([\d.:]+)\}/.exec(ports![0]!)!;
    expect(environment!.PLIMSOLL_PUBLIC_URL).toBe(`\${PLIMSOLL_PUBLIC_URL:-http://${published}}`);
  });

  test('listens where the published port and the health check look', () => {
    const { api, worker } = compose.services;
    expect(api!.environment!.PLIMSOLL_HOST).toBe('0.0.0.0');
    expect(api!.ports![0]).toMatch(new RegExp(`:${api!.environment!.PLIMSOLL_PORT}$`));
    expect(api!.healthcheck!.test.at(-1)).toContain(`:${api!.environment!.PLIMSOLL_PORT}/health/ready`);
    expect(worker!.healthcheck!.test.at(-1)).toContain(`:${worker!.environment!.PLIMSOLL_WORKER_PORT}/health/ready`);
  });

  test('asks for exactly what .env.example explains', () => {
    const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
    const required = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1]!);
    const optional = [...text.matchAll(/\$\{([A-Z_]+):-/g)].map((match) => match[1]!);
    const offered = (pattern: RegExp) => [...example.matchAll(pattern)].map((match) => match[1]!).toSorted();
    expect(offered(/^([A-Z_]+)=$/gm)).toEqual([...new Set(required)].toSorted());
    expect(offered(/^# ([A-Z_]+)=.+$/gm)).toEqual([...new Set(optional)].toSorted());
  });

  test('is accepted by Compose itself, where it is installed', ({ skip }) => {
    const plugin = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
    const alone = spawnSync('docker-compose', ['version'], { encoding: 'utf8' });
    const command = plugin.status === 0 ? ['docker', 'compose'] : alone.status === 0 ? ['docker-compose'] : undefined;
    if (!command) {
      skip('Docker Compose is not installed here; the schema above was checked');
      return;
    }
    const secrets = Object.fromEntries([...text.matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => [match[1], 'x']));
    const [program, ...words] = [...command, '--file', join(ROOT, 'docker-compose.yml'), 'config', '--quiet'];
    const config = spawnSync(program, words, { encoding: 'utf8', env: { ...process.env, ...secrets } });
    expect([config.status, config.stderr]).toEqual([0, '']);
  });
});
