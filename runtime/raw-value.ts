import { readFileSync } from 'node:fs';

/**
 * What the environment says of a variable, trimmed: its value, or the content of the file that `X_FILE` names; `undefined` where
 * it says nothing. @throws {Error} in words that follow the variable's name, when both are set or the file can't be read
 */
export function rawValue(variable: string, env: NodeJS.ProcessEnv): string | undefined {
  const direct = env[variable]?.trim();
  const file = env[`${variable}_FILE`]?.trim();
  if (direct && file) throw new Error(`is set twice: by ${variable} and by ${variable}_FILE`);
  if (direct) return direct;
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`the file that ${variable}_FILE names can't be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
