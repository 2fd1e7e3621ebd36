import { expect, test, vi } from 'vitest';
import { ManualClock, openScopes, Scope, seededRandom, silentLog, StatusError, UserError, type Log } from '../../src/base/index.ts';
import type { Client, Informer, InformerChange } from '../../src/client/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import { on, runController, SETTLED, type Controller, type ControllerContext, type Outcome } from '../../src/controllers/loop.ts';
import { CONFIG_MAPS, keyOf, KindRegistry, type ConfigMap } from '../../src/model/index.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { configMap } from '../tools/manifests.ts';

const clock = new ManualClock();

/** A client whose cache is filled, and follows, only when the test says so. */
function slowClient() {
  const objects = new Map<string, ConfigMap>();
  const handlers = new Set<(change: InformerChange<ConfigMap>) => void>();
  const waiting: { version: number; resolve: () => void }[] = [];
  let fill = () => {};
  let version = 0;
  const informer = {
    kind: CONFIG_MAPS,
    synced: new Promise<void>((resolve) => (fill = resolve)),
    get: (key: string) => objects.get(key),
    list: () => [...objects.values()],
    subscribe: (handler: (change: InformerChange<ConfigMap>) => void) => {
      const following = informer.follow(handler);
      for (const after of objects.values()) handler({ before: undefined, after });
      return following;
    },
    follow: (handler: (change: InformerChange<ConfigMap>) => void) => {
      handlers.add(handler);
      return { close: () => handlers.delete(handler) };
    },
    reached: (target: string) => new Promise<void>((resolve) => waiting.push({ version: Number(target), resolve })),
  };
  const see = (key: string, after: ConfigMap | undefined) => {
    const before = objects.get(key);
    if (after) objects.set(key, after);
    else objects.delete(key);
    for (const handler of handlers) handler({ before, after });
    const at = Number(after?.metadata.resourceVersion ?? 0);
    for (const each of waiting.filter((one) => one.version <= at)) each.resolve();
  };
  const client = {
    manager: 'test',
    as: () => client,
    informer: () => informer as unknown as Informer<ConfigMap>,
    create: async (_: unknown, object: ConfigMap) => ({
      ...object,
      metadata: { ...object.metadata, uid: `u${++version}`, resourceVersion: String(version) },
    }),
    delete: async () => undefined,
  };
  return { client: client as unknown as Client, fill, see };
}

function controllerOf(reconcile: (key: string, context: ControllerContext) => Promise<Outcome>): Controller {
  return {
    name: 'probe',
    reads: [CONFIG_MAPS],
    concurrency: 1,
    start: (context) => ({
      triggers: [on(CONFIG_MAPS, ({ before, after }) => [keyOf((after ?? before)!)])],
      reconcile: (key) => reconcile(key, context),
    }),
  };
}

function run(controller: Controller, client: Client, log: Log = silentLog): Scope {
  const scope = new Scope('test');
  runController(controller, { client, clock, random: seededRandom(1), log, scope });
  return scope;
}

test('nothing is reconciled before the caches are filled', async () => {
  const { client, fill, see } = slowClient();
  const handled: string[] = [];
  const scope = run(
    controllerOf(async (key) => {
      handled.push(key);
      return SETTLED;
    }),
    client,
  );
  see('default/a', configMap('a'));
  await clock.settle();
  expect(handled).toEqual([]);
  fill();
  await clock.settle();
  expect(handled).toEqual(['default/a']);
  await scope.close();
});

test('a controller that is closed before its caches are filled ends', async () => {
  const scope = run(
    controllerOf(async () => SETTLED),
    slowClient().client,
  );
  await scope.close();
  expect(openScopes()).toEqual([]);
});

test('a write returns once the cache shows it, so that nothing is made twice', async () => {
  const { client, fill, see } = slowClient();
  let made = 0;
  const scope = run(
    controllerOf(async (_, context) => {
      if (context.client.informer(CONFIG_MAPS).get('default/child')) return SETTLED;
      made++;
      await context.client.create(CONFIG_MAPS, configMap('child'));
      return SETTLED;
    }),
    client,
  );
  fill();
  see('default/a', configMap('a'));
  await clock.settle();
  see('default/a', { ...configMap('a'), data: { b: 'c' } });
  await clock.settle();
  expect(made).toBe(1);
  const child = configMap('child');
  see('default/child', { ...child, metadata: { ...child.metadata, uid: 'u1', resourceVersion: '1' } });
  await clock.settle();
  expect(made).toBe(1);
  await scope.close();
});

test('a delete returns once the uid has gone from the cache', async () => {
  const { client, fill, see } = slowClient();
  const done = vi.fn();
  const scope = run(
    controllerOf(async (_, context) => {
      await context.client.delete({ kind: CONFIG_MAPS, name: 'a', namespace: 'default' }, { preconditions: { uid: 'u' } });
      done();
      return SETTLED;
    }),
    client,
  );
  fill();
  const a = configMap('a');
  see('default/a', { ...a, metadata: { ...a.metadata, uid: 'u' } });
  await clock.settle();
  expect(done).not.toHaveBeenCalled();
  see('default/a', undefined);
  await clock.settle();
  expect(done).toHaveBeenCalled();
  await scope.close();
});

test('what waits for time is looked at again then', async () => {
  const { client, fill, see } = slowClient();
  let turns = 0;
  const scope = run(
    controllerOf(async () => (++turns === 1 ? { kind: 'waiting', afterMs: 5000, on: 'time' } : SETTLED)),
    client,
  );
  fill();
  see('default/a', configMap('a'));
  await clock.advance(4999);
  expect(turns).toBe(1);
  await clock.advance(1);
  expect(turns).toBe(2);
  await scope.close();
});

test('a conflict is tried again quietly, another failure with a warning', async () => {
  const { client, fill, see } = slowClient();
  const errors = [new StatusError('Conflict', 'was changed'), new StatusError('InternalError', 'broken')];
  const lines: string[] = [];
  const child = {
    child: () => child,
    debug: (_: object, text: string) => lines.push(`debug ${text}`),
    warn: (fields: { error: string }) => lines.push(`warn ${fields.error}`),
  };
  const scope = run(
    controllerOf(async () => {
      const error = errors.shift();
      if (error) throw error;
      lines.push('done');
      return SETTLED;
    }),
    client,
    child as unknown as Log,
  );
  fill();
  see('default/a', configMap('a'));
  await clock.advance(1000);
  expect(lines).toEqual(['debug could not be reconciled, is tried again', 'warn broken', 'done']);
  await scope.close();
});

test('an unknown name of a controller is refused with the known ones', async () => {
  const { trusted } = await controlPlane();
  const scope = new Scope('test');
  const start = () =>
    startControllers({
      client: trusted,
      clock,
      random: seededRandom(1),
      log: silentLog,
      scope,
      kinds: new KindRegistry(),
      only: ['deploymet'],
    });
  expect(start).toThrow(UserError);
  expect(start).toThrow(/there is no controller deploymet: choose among deployment, replicaset,/);
  await scope.close();
});
