import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/base/index.ts';
import { freshDirectory, openJournal } from './journals.ts';

/** A process that has the store open, until it is killed. */
async function holder(directory: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), directory, 'idle'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

describe('a second store on the same directory', () => {
  test('in this process is refused', async () => {
    const directory = freshDirectory();
    await openJournal(directory);
    await expect(openJournal(directory)).rejects.toThrow(`${directory} is in use by the process ${process.pid}`);
  });

  test('in another process is refused by name, until that one dies', async () => {
    const directory = freshDirectory();
    const child = await holder(directory);
    const refused = openJournal(directory);
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(`in use by the process ${child.pid}: stop that one first`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await openJournal(directory);
  });
});

test.each([
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' })],
  ['of an earlier process with a number that is in use again', JSON.stringify({ pid: process.pid, started: 'another boot:1' })],
  ['that nobody can read', '{"pid":'],
])('a lock %s is taken over', async (_whose, content) => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'lock'), content);
  await openJournal(directory);
  expect(JSON.parse(readFileSync(join(directory, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
});

test('of many that come at once, one gets it', async () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: 'x' }));
  const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => openJournal(directory)));
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
