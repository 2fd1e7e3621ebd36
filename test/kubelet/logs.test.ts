import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import type { Pod } from '../../src/model/index.ts';
import type { Runtime } from '../../src/kubelet/index.ts';
import { kubeletHandler } from '../../src/kubelet/server.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'web' }] },
};

test('a log is closed when its reader goes, also amid what was read and not taken yet', async () => {
  let isOpen = true;
  const runtime: Partial<Runtime> = {
    list: async () => [
      {
        sandbox: { podUid: 'u', namespace: 'default', name: 'a', ip: '127.1.0.1' },
        containers: [{ id: 'c', podUid: 'u', name: 'web', attempt: 0, state: { kind: 'running', startedAt: 0 } }],
      },
    ],
    async *logs() {
      try {
        for (;;) yield Buffer.from('tick\n');
      } finally {
        isOpen = false;
      }
    },
  };
  const handle = kubeletHandler({
    runtime: runtime as Runtime,
    clock: new ManualClock(),
    pod: () => pod,
    pods: () => [pod],
    nodeName: 'n1',
  });
  const reader = (await handle(new Request('http://n1/containerLogs/default/a/web?follow=true'))).body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe('tick\n');
  await reader.cancel();
  expect(isOpen).toBe(false);
});
