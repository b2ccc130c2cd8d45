import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { StackFault, sentenceFor } from '../../../stack/fault.ts';
import { isAtLeast, moduleHash } from '../../../stack/go.ts';
import { formatEnv, parseEnv, resolveHome } from '../../../stack/home.ts';
import { checkSpace } from '../../../stack/packages.ts';
import { unprivilegedUser } from '../../../stack/postgres-user.ts';
import { identify, isAlive } from '../../../stack/process.ts';
import { seconds } from '../../../stack/run.ts';

describe('a sentence for a person', () => {
  test('is the one of the fault itself, without its cause', () => {
    expect(sentenceFor(new StackFault('Install Redis.', { cause: new Error('hidden') }))).toBe('Install Redis.');
  });

  test('says of what nobody foresaw where the details are', () => {
    expect(sentenceFor(new Error('raw.\nsecond line'))).toMatch(/: raw\. The details are in logs\/up\.log/);
  });

  test.each([
    ['ENOSPC', /disk is full.*\/x.*free some space/],
    ['EACCES', /may not do that.*\/x.*PLIMSOLL_HOME/],
    ['EROFS', /read-only/],
  ])('says what to do about %s', (code, sentence) => {
    expect(sentenceFor(Object.assign(new Error('raw'), { code, path: '/x' }))).toMatch(sentence);
  });
});

describe('free disk space', () => {
  const said: string[] = [];
  const check = (megabytes: number) => checkSpace(megabytes * 1_048_576, '/home', (line) => said.push(line));

  test('is worth no word from a gigabyte on, a warning below, and a refusal below 100 MB', () => {
    check(1024);
    expect(said).toEqual([]);
    check(1023);
    check(100);
    expect(said).toEqual([expect.stringContaining('1023 MB'), expect.stringContaining('100 MB')]);
    expect(() => check(99)).toThrow(/99 MB .*free some space/);
  });
});

describe("a home's environment", () => {
  test('reads back as it was written, with = in values', () => {
    const values = { PLIMSOLL_SECRET_KEYS: 'k1:AAAA=', REDIS_URL: 'redis://:x@h:1/0?a=b', EMPTY: '' };
    expect(parseEnv(formatEnv(values))).toEqual(values);
  });

  test('takes no value with a line break, which would become a variable of its own', () => {
    expect(() => formatEnv({ A: 'x\nB=y' })).toThrow(/A contains a line break/);
  });

  test('lies in the named folder, made absolute, else in the checkout', () => {
    expect(resolveHome({ PLIMSOLL_HOME: '/a/b/../c' })).toBe('/a/c');
    expect(resolveHome({ PLIMSOLL_HOME: 'here' })).toBe(`${process.cwd()}/here`);
    expect(resolveHome({ PLIMSOLL_HOME: ' ' })).toMatch(/\/\.plimsoll$/);
  });
});

describe("Go's version", () => {
  test.each([
    ['1.26.4', '1.26.4', true],
    ['1.26.3', '1.26.4', false],
    ['1.27', '1.26.4', true],
    ['1.26', '1.26.4', false],
    ['1.9.9', '1.21', false],
    ['2.0', '1.26.4', true],
  ])('%s against %s: %s', (version, needed, expected) => {
    expect(isAtLeast(version, needed)).toBe(expected);
  });
});

describe('the hash of a module archive', () => {
  // golang.org/x/mod/sumdb/dirhash: SHA-256 over "<hash of the file>  <name>\n", by name; this value is from sha256sum.
  test("is go.sum's h1, whatever the order and compression in the archive", () => {
    const x = { name: 'm@v1/a.go', content: Buffer.from('x') };
    const y = { name: 'm@v1/b.go', content: Buffer.from('yy') };
    const expected = 'h1:HZUNvA4oy/68g1T+Z8cpcnR9lbtngxnKNGwUM1faBP4=';
    expect(moduleHash(archive([x, y], false))).toBe(expected);
    expect(moduleHash(archive([y, x], true))).toBe(expected);
    expect(moduleHash(archive([x, { ...y, content: Buffer.from('yz') }], true))).not.toBe(expected);
  });
});

describe('the user that Postgres runs as', () => {
  test.runIf(process.getuid?.() === 0)('is postgres, else nobody, and never root', () => {
    const nobody = 'nobody:x:65534:65533::/:/bin/false';
    expect(unprivilegedUser('/no/home', passwd(nobody, 'postgres:x:101:104::/:/bin/sh'))).toEqual({
      uid: 101,
      gid: 104,
    });
    expect(unprivilegedUser('/no/home', passwd(nobody))).toEqual({ uid: 65_534, gid: 65_533 });
    expect(() => unprivilegedUser('/no/home', passwd())).toThrow(/run this as another user/);
    expect(() => unprivilegedUser('/no/home', passwd('postgres:x:0:0::/:/bin/sh'))).toThrow(/run this as another user/);
  });
});

describe('a process', () => {
  test('is known by its start as well as by its id', () => {
    const self = identify(process.pid);
    expect(self && isAlive(self)).toBe(true);
    expect(isAlive({ pid: process.pid, started: 'at another time' })).toBe(false);
    expect(identify(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('a time that something took', () => {
  test.each([
    [40, '0.0 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_400, '59 s'],
    [232_000, '3 min 52 s'],
  ])('%i ms reads %s', (milliseconds, text) => {
    expect(seconds(milliseconds)).toBe(text);
  });
});

function passwd(...users: string[]): string {
  return ['root:x:0:0::/root:/bin/sh', ...users, ''].join('\n');
}

/** A zip archive of some files: local headers, then the central directory (APPNOTE.TXT §4.3). */
function archive(files: { name: string; content: Buffer }[], isPacked: boolean): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const data = isPacked ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), data);
    entries.push(entry, Buffer.from(name));
    offset += local.length + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...entries, end]);
}
