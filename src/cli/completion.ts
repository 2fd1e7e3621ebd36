import type { Command } from 'commander';
import { APPLICATIONS } from '../model/index.ts';
import { complete, completionScript } from './complete.ts';
import { connect } from './connect.ts';

export async function completion(shell: string): Promise<void> {
  process.stdout.write(completionScript(shell));
}

/** What the shells call. Whatever goes wrong, a person who types sees nothing of it. */
export async function candidates(words: readonly string[], _options: unknown, command: Command): Promise<void> {
  const found = await complete(command.parent!, words, () => namesOfApplications().catch(() => [])).catch(() => []);
  process.stdout.write(found.map((word) => `${word}\n`).join(''));
}

async function namesOfApplications(): Promise<readonly string[]> {
  const connection = connect({});
  try {
    return (await connection.client.list(APPLICATIONS)).items.map(({ metadata }) => metadata.name);
  } finally {
    await connection.close();
  }
}
