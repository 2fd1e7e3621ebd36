import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/index.ts';
import { CriError, type Connection } from '../../../src/kubelet/cri/connection.ts';
import { takeInventory, writeConfig } from '../../../src/kubelet/cri/inventory.ts';
import { Layout } from '../../../src/kubelet/cri/layout.ts';
import type { ContainerState } from '../../../src/kubelet/cri/messages.ts';
import { sandboxConfig } from '../../../src/kubelet/cri/sandboxconfig.ts';

/** What a runtime says of a container when it is asked once more; `gone` is not known to it. */
type Said = ContainerState | 'gone';

describe('a container that was made and not started when its daemon was killed', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'slipway-inventory-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  /** It says one after another, the last for ever; what is being started it does not remove. */
  async function adopt(said: readonly Said[], { starting = false } = {}) {
    const layout = new Layout(directory);
    const config = sandboxConfig({ podUid: 'u', namespace: 'default', name: 'web', annotations: {} }, 0, '/logs', 'me');
    writeConfig(layout, config);
    const left = [...said];
    const removed: string[] = [];
    const metadata = { name: 'main', attempt: 0 };
    const unknown = new CriError('NotFound', 'not found');
    const runtime = {
      listPodSandbox: async () => ({ items: [{ id: 's', metadata: config.metadata, state: 'SANDBOX_READY', createdAt: 1, labels: {} }] }),
      podSandboxStatus: async () => ({ status: { network: { ip: '10.0.0.1' } } }),
      listContainers: async () => ({
        containers: [{ id: 'c', podSandboxId: 's', metadata, state: 'CONTAINER_CREATED', createdAt: 1, labels: {} }],
      }),
      containerStatus: async () => {
        const state = left.length > 1 ? left.shift()! : left[0]!;
        if (state === 'gone') throw unknown;
        const times = { createdAt: 1e6, startedAt: 2e6, finishedAt: 3e6 };
        return {
          status: { id: 'c', metadata, state, ...times, exitCode: 0, image: null, imageRef: '', reason: '', message: '', annotations: {} },
        };
      },
      removeContainer: async () => {
        if (starting) throw new CriError('Other', 'container is in starting state');
        removed.push('c');
        left.splice(0, left.length, 'gone');
      },
    };
    const clock = new ManualClock();
    const began = clock.now();
    const connection = { runtime } as unknown as Connection;
    let took = -1;
    const taking = takeInventory({ connection, layout, owner: 'me', hostIP: '', clock }, new Map());
    void taking.then(() => (took = clock.now() - began));
    await clock.advanceUntil(() => took >= 0, 60_000);
    const states = [...(await taking).get('u')!.containers.values()].map(({ view }) => view.state.kind);
    return { states, removed, took };
  }

  const made = (times: number): Said[] => Array.from({ length: times }, () => 'CONTAINER_CREATED');

  test('is taken as it is when the runtime starts it after all', async () => {
    expect(await adopt([...made(3), 'CONTAINER_RUNNING'])).toMatchObject({ states: ['running'], removed: [] });
    expect(await adopt([...made(3), 'CONTAINER_EXITED'])).toMatchObject({ states: ['exited'], removed: [] });
  });

  test('is removed when nobody starts it, so that its attempt can be made again', async () => {
    const { states, removed, took } = await adopt(made(1));
    expect({ states, removed }).toEqual({ states: [], removed: ['c'] });
    expect(took).toBeGreaterThanOrEqual(2000);
  });

  test('is not removed while it is being started, however long that takes', async () => {
    expect(await adopt([...made(40), 'CONTAINER_RUNNING'], { starting: true })).toMatchObject({ states: ['running'], removed: [] });
  });

  test('may be gone by then', async () => {
    expect(await adopt([...made(1), 'gone'])).toMatchObject({ states: [], removed: [] });
  });
});
