import { expect, test } from 'vitest';
import type { Sources } from '../../src/kubelet/environment/sources.ts';
import { contentOf } from '../../src/kubelet/volumes/content.ts';
import type { PodSpec } from '../../src/model/index.ts';
import { container, pod } from './samples.ts';

const facts = { podIP: '10.0.0.7', hostIP: '192.0.2.1', allocatable: {} };
const as = (runAsUser?: number) => container(`as-${runAsUser}`, runAsUser === undefined ? {} : { securityContext: { runAsUser } });

test.each<[string, Partial<PodSpec>, mode: number, user: number | undefined]>([
  ['is as open as its volume', {}, 0o644, undefined],
  ['is its user’s alone', { securityContext: { runAsUser: 1000 } }, 0o600, 1000],
  ['is its user’s alone, where all containers have the same', { initContainers: [as(7)], containers: [as(7)] }, 0o600, 7],
  ['is open where they have several', { initContainers: [as(8)], containers: [as(7)] }, 0o644, undefined],
  ['is open where one may be anybody', { containers: [as(7), as()] }, 0o644, undefined],
  ['is for a group that owns volumes, and for nobody else', { securityContext: { fsGroup: 1001 } }, 0o600, undefined],
])('the token of a pod %s', (_, spec, mode, user) => {
  const volume = { projected: { defaultMode: 0o644, sources: [{ serviceAccountToken: { path: 'token' } }] } };
  expect(contentOf(volume, { pod: pod(spec), facts, sources: {} as Sources })).toMatchObject({ tokens: [{ mode, user }] });
});
