import type { Command } from 'commander';
import { rotateSecrets } from '../store/secret-rotation.ts';
import { commandSecretKeys, withDatabase } from './environment.ts';
import { print } from './output.ts';

export function addSecretCommands(program: Command): void {
  const secrets = program.command('secrets').description('what is encrypted at rest');

  secrets
    .command('rotate')
    .description(
      'encrypt everything anew under the first of PLIMSOLL_SECRET_KEYS; prints how many texts each table had',
    )
    .action(() => withDatabase(async (db) => print(await rotateSecrets(db, commandSecretKeys()))));
}
