import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

export interface ZipEntry {
  name: string;
  content: () => Buffer;
}

/**
 * The files of a zip archive, by its central directory. Only what Go's module archives use: no encryption, no archives
 * beyond 4 GB. @throws for anything else
 */
export function zipEntries(zip: Buffer): ZipEntry[] {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0) throw new Error('not a zip archive');
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0 || zip.readUInt32LE(at) === 0x02014b50; count -= 1) {
    if (zip.readUInt32LE(at) !== 0x02014b50) throw new Error('the archive is damaged');
    const method = zip.readUInt16LE(at + 10);
    const [packed, size] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extra + comment;
    if (name.endsWith('/')) continue;
    entries.push({
      name,
      content: () => {
        const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
        const bytes = zip.subarray(start, start + packed);
        const content = method === 0 ? bytes : inflateRawSync(bytes);
        if (content.length !== size) throw new Error(`${name} is damaged in the archive`);
        return content;
      },
    });
  }
  return entries;
}

/** Writes the files below `prefix` into a folder. A name that would leave the folder is refused. */
export function extractZip(zip: Buffer, prefix: string, folder: string): void {
  for (const { name, content } of zipEntries(zip)) {
    if (!name.startsWith(prefix) || name.split('/').includes('..')) throw new Error(`unexpected file ${name}`);
    const path = join(folder, name.slice(prefix.length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content());
  }
}
