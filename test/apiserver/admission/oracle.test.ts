import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createApi, localClient, storeOptions } from '../../../src/apiserver/index.ts';
import { ManualClock, seededRandom } from '../../../src/base/index.ts';
import { BUILT_IN_KINDS, KindRegistry, NAMESPACES, PODS, type Manifest, type Pod } from '../../../src/model/index.ts';
import { memoryStore } from '../../../src/store/index.ts';

interface Recorded {
  readonly input: Manifest;
  readonly output: Pod;
}

const file = join(import.meta.dirname, '../../../../shared/oracle/defaults.json');
const recorded = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded[]).filter(({ input }) => input.kind === 'Pod') : [];

describe.skipIf(recorded.length === 0)('a pod in containers is admitted as a real API server admits it', () => {
  test.each(recorded.map(({ input, output }) => [input.metadata.name, input, output] as const))('%s', async (_, input, output) => {
    const clock = new ManualClock();
    const store = memoryStore({ now: () => clock.now(), ...storeOptions() });
    const kinds = new KindRegistry(BUILT_IN_KINDS);
    const api = createApi({ store, kinds, clock, random: seededRandom(1), serviceCidr: '127.96.0.0/16', mountTokens: true });
    const client = localClient({ api, store, manager: 'node', trusted: false });
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    const made = await client.create(PODS, { ...input, metadata: { ...input.metadata, namespace: 'default' } } as unknown as Pod);
    const withoutChance = (pod: Pod) => JSON.parse(JSON.stringify(pod.spec).replaceAll(/kube-api-access-[^"]+/g, 'kube-api-access-x')) as object;
    expect(withoutChance(made)).toEqual(withoutChance(output));
    const owned = (pod: Pod) => pod.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1);
    expect(owned(made)).toEqual(owned(output));
  }); // prettier-ignore
});
