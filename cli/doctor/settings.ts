import { type Config, ConfigError, type ConfigFault, readSettings, SETTINGS } from '../../runtime/config.ts';
import { type Finding, fail, ok } from './part.ts';

/** The settings that can be read, and what is wrong with the others: one that is missing must not hide the rest. */
export function readAll(env: NodeJS.ProcessEnv): { config: Partial<Config>; faults: ConfigFault[] } {
  const faults: ConfigFault[] = [];
  const config: Partial<Config> = {};
  for (const name of Object.keys(SETTINGS) as (keyof Config)[]) {
    try {
      Object.assign(config, readSettings([name], env));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
    }
  }
  return { config, faults };
}

export function checkConfiguration(faults: ConfigFault[], home: string): Finding {
  const address = home;
  if (faults.length === 0) return ok(`All ${Object.keys(SETTINGS).length} settings are accepted.`, { address });
  return fail(
    faults.map(({ variable, message }) => `${variable} ${message}.`).join(' '),
    'Set what is named (docs/configuration.md), or start everything on this machine with `bin/up`, which sets it all.',
    { address },
  );
}

/** Whether the settings that a part needs are there; if not, what to say about the part. */
export function lacking(faults: ConfigFault[], ...names: (keyof Config)[]): Finding | undefined {
  const variables: string[] = names.map((name) => SETTINGS[name].variable);
  const mine = faults.filter(({ variable }) => variables.includes(variable));
  if (mine.length === 0) return undefined;
  return fail(
    mine.map(({ variable, message }) => `${variable} ${message}.`).join(' '),
    `Set ${mine.map(({ variable }) => variable).join(' and ')}, or start everything on this machine with \`bin/up\`.`,
  );
}

const UNREADABLE = 'an address that can not be read';

/** `host:port/path` of a connection's address: no user, no password, no options. */
export function addressOf(url: string, defaultPort: number): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    // A slash in a password ends the host early, and what is behind it looks like a path.
    if (pathname.includes('@')) return UNREADABLE;
    return `${hostname}:${port || defaultPort}${pathname === '/' ? '' : pathname}`;
  } catch {
    // Not even an address: saying nothing of it can't give a password away.
    return UNREADABLE;
  }
}
