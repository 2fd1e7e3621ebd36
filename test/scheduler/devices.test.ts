import { expect, test } from 'vitest';
import type { Pod, PodStatus, ResourceClaim } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, explain, viewPod } from '../../src/scheduler/index.ts';
import { ALONE } from '../../src/scheduler/surroundings.ts';
import { node, pod } from './samples.ts';

const claim = (name: string, status: ResourceClaim['status'] = {}): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { namespace: 'default', name },
  status,
});
const allocation = (...on: readonly string[]) => ({
  nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In' as const, values: on }] }] },
});
const reservedFor = (name: string) => [{ resource: 'pods', name, uid: `uid-${name}` }];

const CLAIMS = [
  claim('free'),
  claim('ours', { allocation: allocation('b'), reservedFor: reservedFor('p') }),
  claim('anywhere', { allocation: {}, reservedFor: reservedFor('p') }),
  claim('other', { allocation: allocation('b'), reservedFor: reservedFor('another') }),
];

function where(of: Pod): string {
  const snapshot = new ClusterSnapshot({ ...ALONE, deviceClaim: (_, name) => CLAIMS.find(({ metadata }) => metadata.name === name) });
  for (const name of ['a', 'b']) snapshot.setNode(node(name));
  const choose = (one: Pod) => chooseNode(viewPod(one), snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 });
  const open = snapshot.nodes.filter(({ name }) => choose({ ...of, spec: { ...of.spec, nodeName: name } }).kind === 'placed');
  if (open.length > 0) return open.map(({ name }) => name).join(' ');
  const choice = choose(of);
  return choice.kind === 'refused' ? explain(choice.diagnosis) : 'anywhere';
}

const wanting = (...names: readonly string[]): Pod =>
  pod('p', { resourceClaims: names.map((resourceClaimName, i) => ({ name: `c${i}`, resourceClaimName })) });
const templated = (statuses: PodStatus['resourceClaimStatuses']): Pod => {
  const made = pod('p', { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }] });
  return { ...made, status: { ...made.status, ...(statuses ? { resourceClaimStatuses: statuses } : {}) } };
};
const all = (reason: string) => `0/2 nodes are available: ${reason}.`;

test.each<[name: string, of: Pod, nodes: string]>([
  ['whose devices nobody has given', wanting('free'), all('2 cannot allocate all claims')],
  ['whose devices are given to another', wanting('other'), all('2 cannot allocate all claims')],
  ['who has its devices goes to them', wanting('ours'), 'b'],
  ['who has its devices, which are everywhere', wanting('anywhere'), 'a b'],
  ['who has some of its devices', wanting('ours', 'free'), all('2 cannot allocate all claims')],
  ['whose claim is not there', wanting('nope'), all('resourceclaim.resource.k8s.io "nope" not found')],
  ['whose claim is to be made', templated(undefined), all('ResourceClaim not created yet')],
  ['whose claim was made', templated([{ name: 'gpu', resourceClaimName: 'ours' }]), 'b'],
  ['who needs no claim after all', templated([{ name: 'gpu' }]), 'a b'],
])('a pod %s', (_, of, nodes) => expect(where(of)).toBe(nodes));
