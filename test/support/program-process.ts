import { once } from 'node:events';
import type { Program } from '../../domain/program/program.ts';
import { aRunner } from './run-programs.ts';

// Runs programs as fast as it can and tells their answers: one of several processes that do so at once.
const [job] = (await once(process, 'message')) as [
  { url: string; partitions: number; programs: Program[]; together: number },
];
const runner = await aRunner(job.url, { partitions: job.partitions });
const answers = [];
for (let at = 0; at < job.programs.length; at += job.together) {
  const turn = job.programs.slice(at, at + job.together).map((program) => runner.run(program));
  // Several batches are on their way at once.
  const isLast = at + job.together >= job.programs.length;
  answers.push(...turn);
  if (isLast || (at / job.together) % 3 === 0) await Promise.all(turn);
}
const told = await Promise.all(answers);
runner.end();
process.send!(told, () => process.disconnect());
