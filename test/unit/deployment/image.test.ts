import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOMS } from '../../runner/boundaries.ts';
import { ROOT } from '../../runner/process.ts';

const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n');
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  optionalDependencies: Record<string, string>;
};

/** What the build takes from the checkout. */
const copied = lines
  .filter((line) => line.startsWith('COPY ') && !line.startsWith('COPY --from'))
  .flatMap((line) => line.split(' ').slice(1, -1));

describe('the image', () => {
  test('copies what is there', () => {
    expect(copied.length).toBeGreaterThan(10);
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('holds every room that its processes may need, and no other', () => {
    const needed = new Set(['api', 'worker', 'cli', 'migrations', 'plans']);
    for (const room of needed) for (const other of ROOMS[room]!.may) needed.add(other);
    const there = [...needed].filter((room) => existsSync(join(ROOT, room)));
    expect(copied.filter((path) => path in ROOMS).toSorted()).toEqual(there.toSorted());
  });

  test('is sent only what it copies, and never data, history or secrets', () => {
    expect(ignored).toContain('*');
    expect(
      ignored
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1))
        .toSorted(),
    ).toEqual([...new Set(copied)].toSorted());
    for (const line of ['**/.git', '**/.plimsoll*', '**/.env*', '**/node_modules']) {
      expect(ignored.indexOf(line)).toBeGreaterThan(ignored.findLastIndex((each) => each.startsWith('!')));
    }
  });

  test("runs the Node that the packages were tested with, as nobody's superuser", () => {
    const version = Object.values(manifest.optionalDependencies)[0]!;
    const from = lines.filter((line) => line.startsWith('FROM '));
    for (const line of from) expect(line).toContain(`node:${version}-bookworm-slim`);
    const last = lines.slice(lines.lastIndexOf(from.at(-1)!));
    expect(last).toContain('USER node');
    expect(last.indexOf('USER node')).toBeGreaterThan(last.findLastIndex((line) => line.startsWith('COPY')));
  });

  test('starts a file that is there', () => {
    const [program, file] = JSON.parse(lines.find((line) => line.startsWith('CMD '))!.slice(4)) as string[];
    expect(program).toBe('node');
    expect(copied).toContain(file!.split('/')[0]);
    expect(existsSync(join(ROOT, file!))).toBe(true);
  });

  test('is given no secret', () => {
    expect(lines.filter((line) => /^(ARG|ENV) .*(SECRET|PASSWORD|TOKEN|KEY)/.test(line))).toEqual([]);
  });
});
