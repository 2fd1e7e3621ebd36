import { expect, test } from 'vitest';
import { oomScoreOf } from '../../src/kubelet/worker/oomscore.ts';
import type { Container, PodSpec } from '../../src/model/index.ts';
import { container, pod } from './samples.ts';

const MIB = 2 ** 20;
const asking = (name: string, requests: string, rest: Partial<Container> = {}) =>
  container(name, { resources: { requests: { memory: requests } }, ...rest });
const all = { cpu: '1', memory: '64Mi' };
const sidecar = { restartPolicy: 'Always' } as const;

test.each<[string, Partial<PodSpec>, Record<string, number>]>([
  ['that asks for nothing goes first', { containers: [container('a')] }, { a: 1000 }],
  ['that has what it asks for goes last', { containers: [container('a', { resources: { limits: all, requests: all } })] }, { a: -997 }],
  ['without which the node does not work goes last', { containers: [container('a')], priorityClassName: 'system-node-critical' }, { a: -997 }],
  ['goes the later the more it asks for', { containers: [asking('a', '100Mi'), asking('b', '500Mi'), container('c')] }, { a: 900, b: 500, c: 999 }],
  ['is never among the last for what it asks', { containers: [asking('a', '1000Mi')] }, { a: 3 }],
  ['goes no sooner than those that it serves', { initContainers: [asking('log', '50Mi', sidecar), asking('big', '400Mi', sidecar)], containers: [asking('a', '300Mi'), asking('b', '200Mi')] }, { log: 800, big: 600, a: 700 }],
  ['has its share of what the pod asks for beyond', { resources: { requests: { memory: '300Mi' } }, containers: [asking('a', '100Mi'), container('b')] }, { a: 800, b: 900 }],
])('a container %s', (_, spec, scores) => {
  const of = pod(spec);
  const named = [...(of.spec.initContainers ?? []), ...of.spec.containers].filter(({ name }) => name in scores);
  expect(Object.fromEntries(named.map((each) => [each.name, oomScoreOf(of, each, 1000 * MIB)]))).toEqual(scores);
}); // prettier-ignore
