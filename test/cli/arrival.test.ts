import { describe, expect, it } from 'vitest';
import { judgeProgress, type Seen } from '../../src/cli/arrival.ts';
import type { PastState } from '../../src/gitops/source/source.ts';
import type { Application } from '../../src/model/index.ts';

const TIP = 'b'.repeat(40);
const BEFORE = 'a'.repeat(40);

type Status = NonNullable<Application['status']>;

const application = (name: string, status: Status, spec: object = {}): Application => ({
  apiVersion: 'slipway.dev/v1',
  kind: 'Application',
  metadata: { name, namespace: 'slipway-system' },
  spec: { path: name, ...spec } as Application['spec'],
  status,
});

const condition = (reason: string, message: string) =>
  [{ type: 'Synced', status: 'False', reason, message }] as unknown as Status['conditions'];
const there: Status = { observedRevision: TIP, revision: TIP, sync: 'Synced', health: 'Healthy' };
const broken = (observedRevision: string): Status => ({
  observedRevision,
  sync: 'Unknown',
  health: 'Healthy',
  conditions: condition('Problems', 'web/a.yaml:3:1: kind is missing\nweb/b.yaml:1:1: it is no YAML'),
});
const hookFailed: Status = {
  ...there,
  sync: 'OutOfSync',
  lastSyncTime: '2026-01-01T00:00:10Z',
  conditions: condition('HookFailed', 'update Job check: failed'),
};

/** A repository in which `web` changed with the tip, and `api` did not. */
const source = {
  async *past(from: string, path: string): AsyncIterable<PastState> {
    yield { commit: from, root: from, tree: path === 'web' ? from : 'same' };
  },
};

const judge = (seen: Partial<Seen>) => {
  const whole = { applications: [], name: undefined, known: new Set<string>(), failure: undefined, ...seen };
  return judgeProgress({ tip: { commit: TIP, isFetched: true }, ...whole }, source);
};

describe('waiting for the last commit', () => {
  it.each<[string, Partial<Seen>, 'there' | 'behind' | 'refused', RegExp]>([
    ['ends when all are there', { applications: [application('web', there)] }, 'there', /^every application is as its commit says/],
    [
      'looks at the one that is asked for',
      { applications: [application('web', there), application('api', broken(TIP))], name: 'web' },
      'there',
      /^web is/,
    ],
    [
      'goes on until the commit was looked at',
      { applications: [application('web', { ...there, observedRevision: BEFORE })] },
      'behind',
      /^web: the last commit is to be seen$/,
    ],
    [
      'needs no look at a commit that changes nothing of it',
      { applications: [application('api', { ...there, observedRevision: BEFORE })] },
      'there',
      /^every/,
    ],
    [
      'ends with all problems of a manifest, and what to do',
      { applications: [application('web', broken(TIP))] },
      'refused',
      /^web: web\/a.yaml:3:1: kind is missing\nweb\/b.yaml:1:1: .*\n.*mend it and commit again$/,
    ],
    [
      'takes no problem of an earlier commit for one of this',
      { applications: [application('web', broken(BEFORE))] },
      'behind',
      /^web: the last commit is to be seen$/,
    ],
    [
      'ends when a hook has failed that nobody runs again',
      { applications: [application('web', hookFailed)] },
      'refused',
      /^web: HookFailed: update Job check: failed$/,
    ],
    [
      'goes on while a hook is tried again',
      { applications: [application('web', hookFailed, { retry: { limit: 3 } })] },
      'behind',
      /^web: HookFailed/,
    ],
    [
      'goes on after somebody let it go on',
      {
        applications: [
          { ...application('web', hookFailed), metadata: { name: 'web', annotations: { 'slipway.dev/resumed': '2026-01-01T00:00:11Z' } } },
        ],
      },
      'behind',
      /^web: HookFailed/,
    ],
    [
      'goes on while a person is asked',
      { applications: [application('web', { ...there, sync: 'OutOfSync', conditions: condition('WaitsForApproval', '1 to prune') })] },
      'behind',
      /^web: WaitsForApproval: 1 to prune$/,
    ],
    [
      'goes on while it is not well',
      { applications: [application('web', { ...there, health: 'Degraded', healthMessage: 'crashes\nagain' })] },
      'behind',
      /^web: Degraded: crashes$/,
    ],
    [
      'ends at a commit that is refused, whatever it changes',
      { applications: [application('api', there)], failure: { message: 'it is not signed', commit: TIP } },
      'refused',
      /^it is not signed$/,
    ],
    [
      'ends at a commit that is refused, where the repository is not known',
      { tip: undefined, failure: { message: 'it is not signed', commit: BEFORE } },
      'refused',
      /^it is not signed$/,
    ],
    [
      'does not end at one that was refused before',
      { applications: [application('web', there)], failure: { message: 'it is not signed', commit: BEFORE } },
      'there',
      /^every/,
    ],
    [
      'goes on while the repository cannot be followed',
      { applications: [application('web', there)], failure: { message: 'no route', commit: undefined } },
      'behind',
      /^no route$/,
    ],
    [
      'goes on until what was pushed is fetched',
      { applications: [application('web', there)], tip: { commit: 'c'.repeat(40), isFetched: false } },
      'behind',
      /^ccccccc is to be fetched$/,
    ],
    [
      'tells why it is not fetched',
      { tip: { commit: TIP, isFetched: false }, failure: { message: 'no route', commit: undefined } },
      'behind',
      /^bbbbbbb is to be fetched: no route$/,
    ],
    [
      'ends when what was there is gone',
      { name: 'web', known: new Set(['web', 'api']) },
      'there',
      /^web is gone, as the last commit says$/,
    ],
    ['goes on where it was never there', { name: 'wbe', known: new Set(['web']) }, 'behind', /^there is no application wbe yet$/],
    ['goes on where there is nothing', {}, 'behind', /^there is no application yet$/],
  ])('%s', async (_, seen, kind, text) => {
    const outcome = await judge(seen);
    expect(outcome.kind).toBe(kind);
    expect(outcome.kind === 'there' ? outcome.message : outcome.reasons.join('\n')).toMatch(text);
  });
});
