import { writeFileSync } from 'node:fs';
import { SETTINGS } from './config.ts';

const OPENING = `# Configuration

<!-- Generated from runtime/config.ts by \`npm run docs:configuration\`. Change it there. -->

Every process reads its configuration from environment variables when it starts. If anything is wrong it lists every fault
at once on stderr, never a secret's value, and ends with code 78.

- **Secrets as files.** A variable named \`X_FILE\` names a file that holds the value of \`X\`, for every variable below
  (container platforms mount secrets so). Setting both is a fault.
- **Durations** are [ISO 8601](https://en.wikipedia.org/wiki/ISO_8601#Durations): \`PT0.5S\`, \`PT10S\`, \`PT5M\`, \`P1DT12H\`.
  Years and months are not accepted, since they have no fixed length.
- An empty variable counts as absent.
- \`bin/up\` chooses what is required below by itself where nothing is set, and writes it to \`$PLIMSOLL_HOME/env\`.
`;

const STACK = `## Only for \`bin/up\`, \`bin/down\`, \`bin/test\` and \`bin/plimsoll\`

These say where the native stack lives and how it is started. API and worker don't read them.

| variable | default | meaning |
| --- | --- | --- |
| \`PLIMSOLL_HOME\` | \`.plimsoll/\` in the clone | Holds everything of one installation: data of Postgres, Redis and Temporal, logs, \`stack.json\` with the addresses, and \`env\` (mode 0600) with what the processes are given, its secrets included. |
| \`PLIMSOLL_STACK_FAST\` | | \`1\`: Postgres doesn't wait for the disk. For homes that are thrown away: a power cut may lose data. |
| \`XDG_CACHE_HOME\` | \`~/.cache\` | Its folder \`plimsoll\` holds what every clone of a user shares and can be made again: Temporal's build above all. |
| \`PLIMSOLL_TEST_HOME\` | | The home of a running, empty stack that \`bin/test integration\` uses instead of starting its own. |
| \`PLIMSOLL_TEST_KEEP\` | | \`1\`: \`bin/test\` leaves its stack's home behind, with the logs. |
| \`PLIMSOLL_DEEP\` | | \`1\`: tests draw big samples. \`bin/test deep\` sets it. |
| \`PLIMSOLL_CRASH_AT\` | | Lets a process of a test die by SIGKILL at a named place (\`runtime/crash-points.ts\`). Does nothing under \`NODE_ENV=production\`. |
`;

/** `docs/configuration.md`: every setting of the table, required ones first. Pure; its result ends with a newline. */
export function configurationReference(): string {
  const settings = Object.values(SETTINGS);
  const required = settings.filter((each) => each.fallback === undefined);
  const optional = settings.filter((each) => each.fallback !== undefined);
  return [OPENING, section('Required', required), section('With a default', optional), STACK].join('\n');
}

function section(title: string, settings: readonly (typeof SETTINGS)[keyof typeof SETTINGS][]): string {
  const lines = settings.map((each) => {
    const secret = 'secret' in each && each.secret ? ' **Secret.**' : '';
    const fallback = each.fallback === undefined ? '' : each.fallback === '' ? 'empty' : `\`${each.fallback}\``;
    return `| \`${each.variable}\` | ${fallback} | ${cell(each.meaning)}${secret} | ${cell(each.accepts)} |`;
  });
  return `## ${title}\n\n| variable | default | meaning | accepts |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** Text that a table cell can hold. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationReference());
}
