import { type Config, readSettings, SETTINGS } from '../runtime/config.ts';
import { rawValue } from '../runtime/raw-value.ts';

/**
 * Every setting but those that we provide ourselves, so that a typo is told before anything is started.
 * @throws {ConfigError} listing every fault
 */
export function readOwnSettings(env: NodeJS.ProcessEnv): Config {
  const provided = ['databaseUrl', 'redisUrl', 'temporalAddress', 'secretKeys'];
  const names = (Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]).filter(
    (name) => !provided.includes(name) || env[SETTINGS[name].variable] || env[`${SETTINGS[name].variable}_FILE`],
  );
  return readSettings(names, env);
}

/**
 * The environment with each setting under its own name: what `X_FILE` names stands under `X`, and no `X_FILE` is left. Whoever
 * looks at `X` alone then sees it, none of our own values comes before it, and the processes that we start need no file.
 */
export function withoutFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const resolved = { ...env };
  for (const { variable } of Object.values(SETTINGS)) {
    const raw = rawValue(variable, env);
    delete resolved[`${variable}_FILE`];
    if (raw !== undefined) resolved[variable] = raw;
  }
  return resolved;
}
