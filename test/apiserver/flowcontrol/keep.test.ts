import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepFlowControl } from '../../../src/apiserver/index.ts';
import { Scope, seededRandom, silentLog } from '../../../src/base/index.ts';
import { AUTOUPDATE_SPEC, FLOW_SCHEMAS, PRIORITY_LEVELS, type FlowSchema } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';

let plane: ControlPlane;
let scope: Scope;
beforeEach(async () => {
  plane = await controlPlane();
  scope = new Scope('test');
  const { trusted, clock } = plane;
  keepFlowControl(trusted, { clock, random: seededRandom(1), log: silentLog, scope });
  await clock.settle();
});
afterEach(() => scope.close());

const counts = async () => {
  const [schemas, levels] = [await plane.client.list(FLOW_SCHEMAS), await plane.client.list(PRIORITY_LEVELS)];
  return [schemas.items.length, levels.items.length];
};
const dangling = ({ status }: FlowSchema) => status?.conditions?.map(({ type, status: is, reason }) => [type, is, reason]);

test('are there, have what they refer to, and nothing more is written', async () => {
  expect(await counts()).toEqual([13, 8]);
  const { items } = await plane.client.list(FLOW_SCHEMAS);
  for (const schema of items) expect(dangling(schema)).toEqual([['Dangling', 'False', 'Found']]);
  const { revision } = plane.store;
  await plane.clock.advance(3_600_000);
  expect(plane.store.revision).toBe(revision);
});

test('come back when they are deleted, or changed without a word', async () => {
  const level = await plane.client.get(PRIORITY_LEVELS, 'system');
  const spec = { ...level.spec, limited: { ...level.spec!.limited, nominalConcurrencyShares: 1 } };
  await plane.client.update(PRIORITY_LEVELS, { ...level, spec });
  await plane.client.delete({ kind: FLOW_SCHEMAS, name: 'probes' });
  await plane.clock.settle();
  expect((await plane.client.get(PRIORITY_LEVELS, 'system')).spec).toEqual(level.spec);
  expect(await counts()).toEqual([13, 8]);
});

test('stay as their owner wants them who says so', async () => {
  const level = await plane.client.get(PRIORITY_LEVELS, 'system');
  const spec = { ...level.spec, limited: { ...level.spec!.limited, nominalConcurrencyShares: 1 } };
  const metadata = { ...level.metadata, annotations: { [AUTOUPDATE_SPEC]: 'false' } };
  await plane.client.update(PRIORITY_LEVELS, { ...level, metadata, spec });
  await plane.clock.settle();
  expect((await plane.client.get(PRIORITY_LEVELS, 'system')).spec).toEqual(spec);
});

test('a schema is told whether there is its level', async () => {
  const head = (kind: string, name: string) => ({ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind, metadata: { name } });
  await plane.client.create(FLOW_SCHEMAS, { ...head('FlowSchema', 'mine'), spec: { priorityLevelConfiguration: { name: 'own' } } });
  await plane.clock.settle();
  const mine = async () => dangling(await plane.client.get(FLOW_SCHEMAS, 'mine'));
  expect(await mine()).toEqual([['Dangling', 'True', 'NotFound']]);
  const limited = { limitResponse: { type: 'Reject' } };
  await plane.client.create(PRIORITY_LEVELS, { ...head('PriorityLevelConfiguration', 'own'), spec: { type: 'Limited', limited } });
  await plane.clock.settle();
  expect(await mine()).toEqual([['Dangling', 'False', 'Found']]);
  await plane.client.delete({ kind: PRIORITY_LEVELS, name: 'own' });
  await plane.clock.settle();
  expect(await mine()).toEqual([['Dangling', 'True', 'NotFound']]);
});
