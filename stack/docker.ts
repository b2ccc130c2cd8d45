import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { told } from './packages.ts';
import type { Kind } from './roster.ts';
import { answerOf, run, type Setting } from './run.ts';
import type { Program } from './service.ts';

interface Container {
  home: string;
  kind: Kind;
  image: string;
  /** Ports of the machine's loopback, each with the container's. */
  publish: [host: number, container: number][];
  /** Where the container keeps its data; a volume named after the home. */
  volume: string;
  env?: Record<string, string>;
  args: string[];
}

/**
 * A server in a container of this home, as a process of ours: `docker run` stays in the foreground, hands signals on, and
 * the container goes with it. The data stays in a volume named after the home.
 */
export async function dockerProgram(
  setting: Setting,
  { home, kind, image, publish, volume, env = {}, args }: Container,
): Promise<Pick<Program, 'command' | 'args' | 'env' | 'cwd'>> {
  const name = `plimsoll-${createHash('sha256').update(home).digest('hex').slice(0, 12)}-${kind}`;
  // What a killed `docker run` has left would hold the name and the port.
  await answerOf(setting, 'docker', ['rm', '-f', name]);
  if ((await answerOf(setting, 'docker', ['image', 'inspect', image])) === undefined) {
    await told(setting, `Fetching the image ${image}`, () => run(setting, 'docker', ['pull', '-q', image]));
  }
  return {
    command: 'docker',
    cwd: tmpdir(),
    // By name only: the values come from the environment of `docker run`, not from its command line.
    env: { ...setting.env, ...env },
    args: [
      'run',
      '--rm',
      '--name',
      name,
      ...publish.flatMap(([host, container]) => ['-p', `127.0.0.1:${host}:${container}`]),
      '-v',
      `${name}:${volume}`,
      ...Object.keys(env).flatMap((variable) => ['-e', variable]),
      image,
      ...args,
    ],
  };
}
