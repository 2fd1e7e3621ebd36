import { describe, expect, it } from 'vitest';
import { formatTold, inFull, isTold, Names, ofApplication } from '../../src/cli/journal.ts';
import type { JournalRecord } from '../../src/daemon/index.ts';

const at = '2026-01-01T00:00:00Z';
const log = (event: string, fields: object, message = event) => ({ op: 'log', at, sequence: 1, event, message, fields }) as JournalRecord;
const put = (key: string, value: object) =>
  ({ op: 'put', at, sequence: 1, revision: 2, created: 1, by: 'x', key, text: JSON.stringify(value) }) as unknown as JournalRecord;
const sealed = (key: string) => ({ op: 'put', at, sequence: 1, revision: 2, created: 1, by: 'x', key }) as unknown as JournalRecord;

const owned = { metadata: { labels: { 'slipway.dev/application': 'web' } } };
const event = (kind: string, name: string) =>
  put(`core/events/default/${name}.1`, {
    type: 'Warning',
    reason: 'BackOff',
    message: 'again',
    involvedObject: { kind, namespace: 'default', name },
    count: 3,
  });

describe('the records of an application', () => {
  it.each([
    ['what was logged of it', [log('plan', { application: 'web' })], true],
    ['what was logged of another', [log('plan', { application: 'api' })], false],
    ['an object that has its label', [put('apps/deployments/default/app', owned)], true],
    ['an object of another', [put('apps/deployments/default/app', {})], false],
    ['a later change of its object', [put('apps/deployments/default/app', owned), put('apps/deployments/default/app', {})], true],
    ['an event about its object', [put('apps/deployments/default/app', owned), event('Deployment', 'app')], true],
    ['an event about a pod of it', [put('apps/deployments/default/app', owned), event('Pod', 'app-7d4b-x')], true],
    ['an event about something else', [put('apps/deployments/default/app', owned), event('Pod', 'other-7d4b-x')], false],
    ['a pod of it', [put('apps/deployments/default/app', owned), put('core/pods/default/app-7d4b-x', { metadata: { ownerReferences: [{}] } })], true],
    ['a Secret of its plan', [log('plan', { application: 'web', steps: [{ kind: 'Secret', namespace: 'default', name: 'key' }] }), sealed('core/secrets/default/key')], true],
    ['another Secret', [log('plan', { application: 'web', steps: [] }), sealed('core/secrets/default/key')], false],
    ['its Application', [put('slipway.dev/applications/slipway-system/web', {})], true],
  ] as const)('%s: %s', (_name, records, expected) => {
    const matches = ofApplication('web');
    expect(records.map(matches).at(-1)).toBe(expected);
  }); // prettier-ignore
});

describe('the short view', () => {
  it('has what was said, and no writes', () => {
    expect(
      [log('plan', {}), log('audit', {}), event('Pod', 'a'), put('core/pods/default/a', {}), sealed('core/secrets/default/a')].map(isTold),
    ).toEqual([true, false, true, false, false]);
  });

  it('shows an event by what it says', () => {
    expect(formatTold(event('Pod', 'a'))).toBe(`${at}  warning    Pod default/a: BackOff: again (3 times)`);
  });
});

describe('what the journal has nothing about', () => {
  const names = new Names();
  for (const record of [log('plan', { application: 'web' }), put('apps/deployments/default/front', {}), put('core/services/default/frant', {})]) names.add(record);

  it.each([
    [{ app: 'wbe' }, 'the journal knows no application wbe: did you mean web?'],
    [{ app: 'nope' }, 'the journal knows no application nope, only web'],
    [{ object: 'deploy/frnt' }, 'the journal has nothing about deploy/frnt: did you mean deployment/front?'],
    [{ object: 'default/deploy/frnt' }, 'the journal has nothing about default/deploy/frnt: did you mean deployment/front?'],
    [{ app: 'web', object: 'cm/nope' }, 'the journal has nothing about cm/nope and web'],
  ])('%j is answered with what may be meant', (asked, expected) => {
    expect(names.whyNothing(asked)).toBe(expected);
  });

  it.each([
    ['deploy/web', 'deployment/web'],
    ['shop/Deployments/web', 'shop/deployment/web'],
    ['widget/a', 'widget/a'],
    ['web', 'web'],
  ])('%s is read as %s', (text, expected) => {
    expect(inFull(text)).toBe(expected);
  });
}); // prettier-ignore
