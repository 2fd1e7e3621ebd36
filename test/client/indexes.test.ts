import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { Indexes } from '../../src/client/index.ts';
import { keyOf, type ConfigMap } from '../../src/model/index.ts';

const shelf = (name: string, uid: string | undefined, on: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...(uid ? { uid } : {}), labels: { on } },
});
const places = ({ metadata }: ConfigMap) => metadata.labels!['on']!.split('+');

test.each([['with uids', true], ['without', false]])('however objects %s come, change, are made anew and go, each value has those that have it', (_, hasUids) => {
  const random = seededRandom(11);
  const present = new Map<string, ConfigMap>();
  const indexes = new Indexes<ConfigMap>();
  indexes.add('place', places, () => present.values());
  indexes.find('place', 'a');
  for (let n = 0; n < 2_000; n++) {
    const name = `o${Math.floor(random.fraction() * 6)}`;
    const before = present.get(`default/${name}`);
    const isAnew = random.fraction() < 0.2;
    const uid = hasUids ? (before && !isAnew ? before.metadata.uid : `${name}-${n}`) : undefined;
    const on = ['a', 'b', 'c', 'a+b', 'b+c'][Math.floor(random.fraction() * 5)]!;
    const after = random.fraction() < 0.3 ? undefined : shelf(name, uid, on);
    if (after) present.set(keyOf(after), after);
    else present.delete(`default/${name}`);
    indexes.changed(before, after);
    for (const place of ['a', 'b', 'c', 'd']) {
      const expected = [...present.values()].filter((object) => places(object).includes(place));
      expect(new Set(indexes.find('place', place))).toEqual(new Set(expected));
    }
  }
}); // prettier-ignore
