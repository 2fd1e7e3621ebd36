import { describe, expect, test } from 'vitest';
import type { Runtime } from '../../src/kubelet/index.ts';
import { consumersOf } from '../../src/kubelet/pressure/consumers.ts';
import { pressureAfter, shortagesIn, type Shortage } from '../../src/kubelet/pressure/judge.ts';
import { memoryIn, type Room } from '../../src/kubelet/pressure/room.ts';
import { chooseVictim, evictionMessage, type Consumer } from '../../src/kubelet/pressure/victim.ts';
import { container, NOW, pod } from './samples.ts';

const MI = 2 ** 20;
const ROOMY: Room = {
  memory: { available: 1024 * MI, capacity: 4096 * MI },
  disk: { available: 10_000 * MI, capacity: 50_000 * MI },
  inodes: { available: 50_000, capacity: 100_000 },
};

describe('a machine is short', () => {
  test.each<[string, Partial<Room>, string[]]>([
    ['of nothing', {}, []],
    ['of memory', { memory: { available: 99 * MI, capacity: 4096 * MI } }, ['MemoryPressure: memory 99Mi of at least 100Mi']],
    ['of nothing at its very bound', { memory: { available: 100 * MI, capacity: 4096 * MI } }, []],
    ['of disk', { disk: { available: 1, capacity: MI } }, ['DiskPressure: ephemeral-storage 0 of at least 500Mi']],
    ['of inodes', { inodes: { available: 999, capacity: 100_000 } }, ['DiskPressure: inodes 999 of at least 1%']],
    ['of nothing that cannot be counted', { inodes: { available: 0, capacity: 0 } }, []],
  ])('%s', (_, room, shortages) => {
    const told = shortagesIn({ ...ROOMY, ...room }).map((each) => `${each.condition}: ${each.resource} ${each.available} of at least ${each.threshold}`);
    expect(told).toEqual(shortages);
  }); // prettier-ignore

  test('as long as it was so of late', () => {
    const memory: Shortage = { condition: 'MemoryPressure', resource: 'memory', threshold: '1', available: '0' };
    const pressed = pressureAfter({}, [memory], NOW);
    expect(pressed).toEqual({ MemoryPressure: NOW });
    expect(pressureAfter(pressed, [], NOW + 299_000)).toEqual({ MemoryPressure: NOW });
    expect(pressureAfter(pressed, [memory], NOW + 299_000)).toEqual({ MemoryPressure: NOW + 299_000 });
    expect(pressureAfter(pressed, [], NOW + 300_000)).toEqual({});
  });

  test('of what the kernel says', () => {
    expect(memoryIn('MemTotal:  8 kB\nMemFree: 1 kB\nMemAvailable:   2 kB\n')).toEqual({ available: 2048, capacity: 8192 });
  });
});

describe('who is driven out', () => {
  const SHORT: Shortage = { condition: 'MemoryPressure', resource: 'memory', threshold: '100Mi', available: '64Mi' };
  const consumer = (name: string, megabytes: number, request = '0', priority?: number): Consumer => ({
    pod: pod(
      { containers: [container('web', { resources: { requests: { memory: request } } })], ...(priority === undefined ? {} : { priority }) },
      { metadata: { name } },
    ),
    usage: new Map([['web', megabytes * MI]]),
  });

  test.each<[string, Consumer[], string | undefined]>([
    ['nobody, where nobody is', [], undefined],
    ['who takes more than it asked for', [consumer('heavy', 500, '600Mi'), consumer('over', 20, '10Mi')], 'over'],
    ['who matters less', [consumer('heavy', 500, '0', 10), consumer('light', 1, '0', 5)], 'light'],
    ['who takes most beyond what it asked for', [consumer('a', 500, '450Mi'), consumer('b', 100, '10Mi')], 'b'],
    ['the first by its name, where all else is the same', [consumer('b', 5), consumer('a', 5)], 'a'],
    ['nobody whom the cluster needs', [consumer('dns', 500, '0', 2_000_000_000)], undefined],
  ])('%s', (_, consumers, name) => {
    expect(chooseVictim(consumers, SHORT)?.pod.metadata.name).toBe(name);
  });

  test('takes of the disk what its containers hold', async () => {
    const disk: Shortage = { condition: 'DiskPressure', resource: 'ephemeral-storage', threshold: '500Mi', available: '64Mi' };
    const runtime = {
      list: async () => [],
      storage: async (podUid: string) => [{ podUid, name: 'web', attempt: 0, bytes: 20 * MI }],
    } as unknown as Runtime;
    const [found] = await consumersOf([pod({}, { status: { phase: 'Running' } })], disk, runtime);
    expect(evictionMessage(found!, disk)).toBe(
      'The node was low on resource: ephemeral-storage. Threshold quantity: 500Mi, available: 64Mi. Container web was using 20Mi, request is 0, has larger consumption of ephemeral-storage. ',
    );
  });

  test('is told why', () => {
    expect(evictionMessage(consumer('web', 20, '10Mi'), SHORT)).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. Container web was using 20Mi, request is 10Mi, has larger consumption of memory. ',
    );
    expect(evictionMessage(consumer('web', 5, '10Mi'), SHORT)).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. ',
    );
  });
});
