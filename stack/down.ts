import { parseArgs } from 'node:util';
import { sentenceFor } from './fault.ts';
import { resolveHome } from './home.ts';
import { seconds } from './run.ts';
import { stopHome } from './stop.ts';

const USAGE = `Usage: bin/down

Stops what bin/up runs in PLIMSOLL_HOME (.plimsoll in the checkout otherwise). The data stays.
`;
/** EX_USAGE of sysexits(3). */
const EXIT_USAGE = 64;

try {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } }, strict: true });
  if (values.help) process.stdout.write(USAGE);
  else await down(resolveHome());
} catch (error) {
  const isUsage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    isUsage ? `${(error as Error).message.split('. ')[0]}. See bin/down --help.\n` : `${sentenceFor(error)}\n`,
  );
  process.exitCode = isUsage ? EXIT_USAGE : 1;
}

async function down(home: string): Promise<void> {
  const began = Date.now();
  const { supervisor, leftovers } = await stopHome(home);
  const took = seconds(Date.now() - began);
  const outcome = {
    ended: `Stopped in ${took}.`,
    killed: `Its supervisor did not end when asked and was killed; stopped the rest, in ${took}.`,
    absent:
      leftovers > 0
        ? `Its supervisor was gone; stopped the ${leftovers} processes that it had left, in ${took}.`
        : `Nothing is running in ${home}.`,
  }[supervisor];
  process.stdout.write(`${outcome}\n`);
}
