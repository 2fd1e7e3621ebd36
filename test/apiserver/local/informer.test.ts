import { describe, expect, test } from 'vitest';
import { createApi, localClient, storeOptions } from '../../../src/apiserver/index.ts';
import type { Client } from '../../../src/client/index.ts';
import { seededRandom } from '../../../src/base/index.ts';
import { BUILT_IN_KINDS, CONFIG_MAPS, KindRegistry, NAMESPACES } from '../../../src/model/index.ts';
import { controlPlane } from '../../tools/control-plane.ts';
import { configMap } from '../../tools/manifests.ts';
import { FaultyFiles, TellingClock } from '../../store/faults.ts';
import { freshDirectory, openJournal } from '../../store/journals.ts';

const namesBy = (client: Client, value: string) =>
  client.informer(CONFIG_MAPS).by('k', value).map((object) => object.metadata.name); // prettier-ignore

describe('an informer in process', () => {
  test('shows a write at once, and its index follows', async () => {
    const { client } = await controlPlane();
    const informer = client.informer(CONFIG_MAPS);
    informer.index('k', (object) => Object.values(object.data ?? {}));
    await client.create(CONFIG_MAPS, configMap('a', { k: 'x' }));
    expect(informer.get('default/a')?.data).toEqual({ k: 'x' });
    expect(namesBy(client, 'x')).toEqual(['a']);
    await client.update(CONFIG_MAPS, configMap('a', { k: 'y' }));
    expect([namesBy(client, 'x'), namesBy(client, 'y')]).toEqual([[], ['a']]);
    await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' });
    expect([informer.get('default/a'), namesBy(client, 'y')]).toEqual([undefined, []]);
  });

  test('tells a new handler of what is there and then of what changes, until it is closed', async () => {
    const { client } = await controlPlane();
    await client.create(CONFIG_MAPS, configMap('a'));
    const seen: string[] = [];
    const subscription = client
      .informer(CONFIG_MAPS)
      .subscribe(({ before, after }) => seen.push(`${before?.metadata.name} ${after?.metadata.name}`));
    await client.create(CONFIG_MAPS, configMap('b'));
    await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'a' });
    subscription.close();
    await client.create(CONFIG_MAPS, configMap('c'));
    expect(seen).toEqual(['undefined a', 'undefined b', 'a undefined']);
  });

  test('tells of many objects in pieces, each before its first change and none twice', async () => {
    const { client, trusted } = await controlPlane();
    for (let i = 0; i < 1000; i++) await trusted.create(CONFIG_MAPS, configMap(`m-${i}`, { k: '1' }));
    const seen: string[] = [];
    const informer = client.informer(CONFIG_MAPS);
    const subscription = informer.subscribe(({ before, after }) =>
      seen.push(`${(after ?? before)!.metadata.name} ${before?.data?.['k'] ?? '-'}>${after?.data?.['k'] ?? '-'}`),
    );
    expect(seen).toEqual([]);
    await client.update(CONFIG_MAPS, configMap('m-999', { k: '2' }));
    await client.delete({ kind: CONFIG_MAPS, namespace: 'default', name: 'm-500' });
    await client.create(CONFIG_MAPS, configMap('new', { k: '1' }));
    // Whoever asks next has its turn afterwards.
    await client.as('other').informer(CONFIG_MAPS).synced;
    expect(seen.filter((told) => /^(m-999|m-500|new) /.test(told))).toEqual([
      'm-999 ->1',
      'm-999 1>2',
      'm-500 ->1',
      'm-500 1>-',
      'new ->1',
    ]);
    expect(seen.filter((told) => told.endsWith(' ->1')).toSorted()).toEqual(
      [...Array.from({ length: 1000 }, (_, i) => `m-${i} ->1`), 'new ->1'].toSorted(),
    );
    subscription.close();
  });

  test('tells each handler at the end of the turn, in the order of the changes, and only of those since it began', async () => {
    const { client, clock } = await controlPlane();
    const informer = client.informer(CONFIG_MAPS);
    const [first, second]: [string[], string[]] = [[], []];
    informer.follow(({ after }) => first.push(after!.metadata.name));
    for (let i = 0; i < 50; i++) await client.create(CONFIG_MAPS, configMap(`a-${i}`));
    informer.follow(({ after }) => second.push(after!.metadata.name));
    for (let i = 0; i < 50; i++) await client.create(CONFIG_MAPS, configMap(`b-${i}`));
    expect(first).toEqual([]);
    await clock.settle();
    const names = (letter: string) => Array.from({ length: 50 }, (_, i) => `${letter}-${i}`);
    expect(first).toEqual([...names('a'), ...names('b')]);
    expect(second).toEqual(names('b'));
  });

  test('tells a handler that closes itself no more, and the others in spite of one that fails', async () => {
    const { client, clock } = await controlPlane();
    const informer = client.informer(CONFIG_MAPS);
    const [left, stayed]: [string[], string[]] = [[], []];
    const leaving = informer.follow(({ after }) => {
      left.push(after!.metadata.name);
      leaving.close();
    });
    informer.follow(() => {
      throw new Error('a mistake');
    });
    informer.follow(({ after }) => stayed.push(after!.metadata.name));
    for (const name of ['a', 'b']) await client.create(CONFIG_MAPS, configMap(name));
    await clock.settle();
    await client.create(CONFIG_MAPS, configMap('c'));
    await clock.settle();
    expect(left).toEqual(['a']);
    expect(stayed).toEqual(['a', 'b', 'c']);
  });

  test('tells of nothing more once it is closed, however much is still to be told', async () => {
    const { client, trusted } = await controlPlane();
    for (let i = 0; i < 1000; i++) await trusted.create(CONFIG_MAPS, configMap(`m-${i}`));
    const informer = client.informer(CONFIG_MAPS);
    let told = 0;
    informer.subscribe(() => told++).close();
    await informer.synced;
    expect(told).toBe(0);
  });

  test('takes back what the disk refused: the handler hears of it and the index forgets it', async () => {
    const files = new FaultyFiles();
    const clock = new TellingClock();
    const store = await openJournal(freshDirectory(), { files, clock, indexes: storeOptions().indexes, stamp: storeOptions().stamp });
    const api = createApi({ store, kinds: new KindRegistry(BUILT_IN_KINDS), clock, random: seededRandom(1), serviceCidr: '127.96.0.0/16' });
    const client = localClient({ api, store, manager: 'test', trusted: false });
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    const kept = await client.create(CONFIG_MAPS, configMap('kept', { k: 'before' }));
    await store.durable(store.revision);

    const informer = client.informer(CONFIG_MAPS);
    informer.index('k', (object) => Object.values(object.data ?? {}));
    const seen: string[] = [];
    informer.subscribe(({ before, after }) =>
      seen.push(`${before?.metadata.name}=${before?.data?.['k']} ${after?.metadata.name}=${after?.data?.['k']}`),
    );
    files.fail('sync');
    await client.create(CONFIG_MAPS, configMap('lost', { k: 'x' }));
    await client.update(CONFIG_MAPS, configMap('kept', { k: 'after' }));
    await expect(store.durable(store.revision)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });

    expect(informer.list().map((object) => object.metadata.name)).toEqual(['kept']);
    expect(informer.get('default/kept')).toEqual(kept);
    expect([namesBy(client, 'x'), namesBy(client, 'after'), namesBy(client, 'before')]).toEqual([[], [], ['kept']]);
    expect(seen).toEqual([
      'undefined=undefined kept=before',
      'undefined=undefined lost=x',
      'kept=before kept=after',
      'kept=after kept=before',
      'lost=x undefined=undefined',
    ]);
    client.close();
    await store.close();
  });
});
