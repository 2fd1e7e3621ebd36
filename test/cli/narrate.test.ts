import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { narrator } from '../../src/cli/narrate.ts';
import type { ApplicationPlan, ApplyReport } from '../../src/gitops/index.ts';

/** A plan with a step for each word, `create web` or `hook check`. */
function planOf(oid: string, ...words: string[]): ApplicationPlan {
  const steps = words.map((word) => {
    const [op, name] = word.split(' ');
    return { op, target: { kind: { kind: 'Job' }, namespace: 'default', name } };
  });
  return { application: 'web', commit: { oid }, steps } as unknown as ApplicationPlan;
}

const done = { outcome: 'applied', object: undefined } as const;
const later = { outcome: 'skipped', message: '' } as const;
const gate = { stage: 'wave 0', message: 'Deployment default/web' } as ApplyReport['gate'];

function story() {
  const lines: string[] = [];
  const { applied } = narrator((line) => void lines.push(stripVTControlCharacters(line)));
  const tell = (plan: ApplicationPlan, report: ApplyReport) => applied!(plan, report, 10);
  return { lines, tell };
}

test('a sync that waits on its way is told as one', () => {
  const { lines, tell } = story();
  tell(planOf('a', 'create web', 'create config', 'hook check'), { results: [done, done, later], ended: 'waiting', gate });
  tell(planOf('a', 'keep web', 'keep config', 'hook check'), { results: [done, done, later], ended: 'waiting', gate });
  tell(planOf('a', 'keep web', 'keep config', 'hook check'), { results: [done, done, done], ended: 'complete' });
  expect(lines).toEqual([
    '… web: 2 changes applied; wave 0: waiting for Deployment default/web',
    '… web: wave 0: waiting for Deployment default/web',
    expect.stringMatching(/^✔ web: 2 changes applied, 1 hook has run in \d+ ms$/),
  ]);
});

test('a newer commit begins to count anew', () => {
  const { lines, tell } = story();
  tell(planOf('a', 'create web', 'hook check'), { results: [done, later], ended: 'waiting', gate });
  tell(planOf('b', 'update web'), { results: [done], ended: 'complete' });
  expect(lines.at(-1)).toMatch(/^✔ web: 1 change applied in /);
});

test('what is going counts once, though it is seen going', () => {
  const { lines, tell } = story();
  const going = { outcome: 'running', message: 'held by example.com/slow' } as const;
  tell(planOf('a', 'prune web', 'hook mourn'), { results: [going, later], ended: 'waiting', gate });
  tell(planOf('a', 'prune web', 'hook mourn'), { results: [going, later], ended: 'waiting', gate });
  tell(planOf('a', 'hook mourn'), { results: [done], ended: 'complete' });
  expect(lines.at(-1)).toMatch(/^✔ web: 1 change applied, 1 hook has run in /);
});
