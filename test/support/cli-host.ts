import { run } from '../../cli/program.ts';

// `plimsoll` in a process that is kept: most of a command's time is loading what it imports. One command after the other, each with an
// environment of its own.
export interface HostedCommand {
  args: string[];
  env: Record<string, string | undefined>;
}

let turn = Promise.resolve();
process.on('message', (command: HostedCommand) => {
  turn = turn.then(() => answer(command));
});

async function answer({ args, env }: HostedCommand): Promise<void> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (text: string | Uint8Array): boolean => {
      said[name] += String(text);
      return true;
    };
  }
  process.env = env;
  process.exitCode = 0;
  await run(args);
  process.send!({ code: process.exitCode, ...said });
  // How a command ended is no end of this process.
  process.exitCode = 0;
}
