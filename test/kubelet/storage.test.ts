import { describe, expect, test } from 'vitest';
import type { Container, PodSpec } from '../../src/model/index.ts';
import { excessOf, isBounded, type Holding } from '../../src/kubelet/volumes/storage.ts';
import { memorySizeOf } from '../../src/kubelet/volumes/memorysize.ts';
import { container, pod } from './samples.ts';

const MIB = 2 ** 20;

const limited = (name: string, limit: string, rest: Partial<Container> = {}) =>
  container(name, { resources: { limits: { 'ephemeral-storage': limit } }, ...rest });
const holding = (containers: Record<string, number>, volumes: Record<string, number> = {}): Holding => ({
  containers: new Map(Object.entries(containers).map(([name, mebibytes]) => [name, mebibytes * MIB])),
  volumes: new Map(Object.entries(volumes).map(([name, mebibytes]) => [name, mebibytes * MIB])),
});
const two = { containers: [limited('a', '10Mi'), limited('b', '1Gi')] };
const scratch = { volumes: [{ name: 'tmp', emptyDir: {} }, { name: 'config', configMap: { name: 'c' } }, { name: 'shm', emptyDir: { medium: 'Memory' } }] }; // prettier-ignore

describe('a pod is driven out', () => {
  test.each<[string, Partial<PodSpec>, Holding, string | undefined]>([
    ['not while all is within its bounds', two, holding({ a: 10, b: 500 }), undefined],
    ['not where nothing has a bound', scratch, holding({ web: 9999 }, { tmp: 9999 }), undefined],
    [
      'when a container takes more than it may',
      two,
      holding({ a: 11, b: 1 }),
      'Container a exceeded its local ephemeral storage limit "10Mi". ',
    ],
    [
      'when the pod takes more than its containers may together',
      two,
      holding({ a: 5, b: 1030 }),
      'Pod ephemeral local storage usage exceeds the total limit of containers 1034Mi. ',
    ],
    [
      'also for what has no bound of its own',
      { containers: [limited('a', '10Mi'), container('b')] },
      holding({ a: 1, b: 10 }),
      'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ',
    ],
    [
      'and for volumes on the disk',
      { containers: [limited('a', '10Mi')], ...scratch },
      holding({ a: 2 }, { tmp: 8, config: 1 }),
      'Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ',
    ],
    ['not for those in memory', { containers: [limited('a', '10Mi')], ...scratch }, holding({ a: 2 }, { tmp: 8, shm: 5 }), undefined],
    [
      'when an init container that goes on takes more than all may',
      { initContainers: [limited('log', '1Mi', { restartPolicy: 'Always' })] },
      holding({ log: 2 }),
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    ],
    [
      'first of all for a volume that has outgrown its own bound',
      { containers: [limited('a', '10Mi')], volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Mi' } }] },
      holding({ a: 11 }, { tmp: 2 }),
      'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". ',
    ],
  ])('%s', (_, spec, held, message) => {
    expect(excessOf(pod(spec), held)).toBe(message);
  });
});

test.each<[string, Partial<PodSpec>, boolean]>([
  ['without bounds', scratch, false],
  ['with a volume that may be of any size', { volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '0' } }] }, false],
  ['with a volume that has a bound', { volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Mi' } }] }, true],
  ['with a container that has one', two, true],
])('a pod %s is measured or not', (_, spec, measured) => {
  expect(isBounded(pod(spec))).toBe(measured);
});

describe('a volume in memory can hold', () => {
  const within = (limit?: string) => container('web', limit ? { resources: { limits: { memory: limit } } } : {});
  test.each<[string, Partial<PodSpec>, string | undefined, number]>([
    ['all that the node has', {}, undefined, 1024],
    ['what it may', {}, '5Mi', 5],
    ['what its containers may take together', { containers: [within('10Mi'), within('20Mi')] }, undefined, 30],
    ['all that the node has beside a container without a limit', { containers: [within('10Mi'), within()] }, undefined, 1024],
    ['what its pod may take as a whole', { containers: [within()], resources: { limits: { memory: '7Mi' } } }, undefined, 7],
    ['the least of these', { containers: [within('10Mi')] }, '20Mi', 10],
  ])('%s', (_, spec, sizeLimit, mebibytes) => {
    const volume = { name: 'v', emptyDir: { medium: 'Memory', ...(sizeLimit ? { sizeLimit } : {}) } };
    expect(memorySizeOf(volume, pod(spec), { memory: '1Gi' })).toBe(mebibytes * MIB);
  });
});
