import { beforeEach, describe, expect, test } from 'vitest';
import type { Patch } from '../../../src/client/index.ts';
import { BUILT_IN_KINDS, PODS, type Container, type Kind, type Manifest, type Pod } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { pod } from '../../tools/manifests.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

const through = (subresource: string, spec: object, metadata: object = {}) =>
  plane.client.patch({ kind: PODS, namespace: 'default', name: 'p', subresource }, {
    type: 'strategic',
    patch: { metadata, spec },
  } as Patch);

const withResources = (resources: Container['resources']) => ({ containers: [{ name: 'c', image: 'x', resources }] });

describe('pods/ephemeralcontainers', () => {
  const DEBUGGER = { name: 'debugger', image: 'busybox', targetContainerName: 'c' };
  beforeEach(() => plane.client.create(PODS, pod('p')));

  test('adds a container, with defaults', async () => {
    const { spec } = await through('ephemeralcontainers', { ephemeralContainers: [DEBUGGER] });
    expect(spec.ephemeralContainers).toEqual([expect.objectContaining({ ...DEBUGGER, imagePullPolicy: 'Always' })]);
  });

  test('changes nothing else', async () => {
    const changes = { containers: [{ name: 'c', image: 'evil' }], ephemeralContainers: [DEBUGGER], activeDeadlineSeconds: 5 };
    const { spec, metadata } = await through('ephemeralcontainers', changes, { labels: { a: 'b' }, finalizers: ['x/y'] });
    expect([spec.containers[0]!.image, spec.activeDeadlineSeconds, metadata.labels, metadata.finalizers]).toEqual(['x', undefined, undefined, undefined]); // prettier-ignore
  });

  test.each([
    ['without an image', { name: 'd' }, 'spec.ephemeralContainers[0].image: Required value'],
    ['with the name of another', { name: 'c', image: 'b' }, 'spec.ephemeralContainers[0].name: Duplicate value: "c"'],
    ['beside nobody', { ...DEBUGGER, targetContainerName: 'z' }, 'spec.ephemeralContainers[0].targetContainerName: Not found: "z"'],
    ['with ports', { ...DEBUGGER, ports: [{ containerPort: 1 }] }, 'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container'],
    ['with a policy of its own', { ...DEBUGGER, restartPolicy: 'Always' }, 'spec.ephemeralContainers[0].restartPolicy: Forbidden: cannot be set for an Ephemeral Container'],
    ['with rules of its own', { ...DEBUGGER, restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }, 'spec.ephemeralContainers[0].restartPolicyRules: Forbidden: cannot be set for an Ephemeral Container'],
    ['with resources', { ...DEBUGGER, resources: { limits: { cpu: '1' } } }, 'spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container'],
    ['with a part of a volume', { ...DEBUGGER, volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'a' }] }, 'spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container'],
  ])('refuses one %s', async (_, container, why) => {
    await expect(through('ephemeralcontainers', { ephemeralContainers: [container] })).rejects.toThrow(why);
  }); // prettier-ignore

  test.each([
    ['changed', { name: 'debugger', image: 'other' }],
    ['removed', { name: 'debugger', $patch: 'delete' }],
  ])('one that is there may not be %s', async (what, change) => {
    await through('ephemeralcontainers', { ephemeralContainers: [DEBUGGER] });
    await expect(through('ephemeralcontainers', { ephemeralContainers: [change] })).rejects.toThrow(
      `spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be ${what}`,
    );
  });
});

describe('pods/resize', () => {
  beforeEach(() => plane.client.create(PODS, pod('p', withResources({ requests: { cpu: '1', memory: '64Mi' }, limits: { cpu: '2' } }))));

  test('changes CPU and memory, and nothing else', async () => {
    const resources = { requests: { cpu: '2', memory: '64Mi' }, limits: { cpu: '3' } };
    const { spec, metadata } = await through('resize', { containers: [{ name: 'c', image: 'evil', resources }], activeDeadlineSeconds: 5 });
    expect([spec.containers[0]!.resources, spec.containers[0]!.image, spec.activeDeadlineSeconds]).toEqual([resources, 'x', undefined]);
    expect(metadata.generation).toBe(2);
  });

  test.each([
    ['the class of the pod changes', { containers: [{ name: 'c', resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } } }] }, 'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
    ['a limit goes', { containers: [{ name: 'c', resources: { limits: null } }] }, 'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
    ['it names a container that is not there', { containers: [{ name: 'typo', resources: { requests: { cpu: '1' } } }] }, 'spec.containers: Forbidden: containers may not be added or removed on resize'],
    ['how it is done changes', { containers: [{ name: 'c', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }] }, 'spec: Forbidden: only cpu and memory resources are mutable'],
    ['it asks for the pod as a whole', { resources: { requests: { cpu: '2' } } }, 'spec: Forbidden: only cpu and memory resources are mutable'],
    ['a request goes', { containers: [{ name: 'c', resources: { requests: { memory: null } } }] }, 'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
    ['anything else is asked for', { containers: [{ name: 'c', resources: { requests: { 'ephemeral-storage': '1Gi' } } }] }, 'spec.containers[0].resources: Forbidden: only cpu and memory resources are mutable'],
  ])('is refused where %s', async (_, spec, why) => {
    await expect(through('resize', spec)).rejects.toThrow(why);
  }); // prettier-ignore

  test('is not a way around the object: its own door leaves resources as they are', async () => {
    await expect(plane.client.patch({ kind: PODS, namespace: 'default', name: 'p' }, { type: 'strategic', patch: { spec: withResources({ requests: { cpu: '2' } }) } })).rejects.toThrow('pod updates may not change fields other than'); // prettier-ignore
  });
});

describe('a write to a status changes no spec, and a write to the object no status', () => {
  const base = { metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1 } };
  const withStatus = BUILT_IN_KINDS.filter(({ subresources }) => subresources.includes('status'));
  const versionOf = ({ kind, group, version }: Kind) => ({ kind, apiVersion: group ? `${group}/${version}` : version });

  test.each(withStatus.map((kind) => [kind.kind, kind] as const))('%s', (_, kind) => {
    const before = {
      ...versionOf(kind),
      ...base,
      spec: { template: { spec: {} }, names: {} },
      status: { of: 'before' },
    } as unknown as Manifest;
    const wanted = { ...before, status: { of: 'after' } } as unknown as Manifest;
    expect(kind.prepareUpdate(wanted, before)['status']).toEqual({ of: 'before' });
  });

  test('which is so for what is stored too', async () => {
    const made = await plane.client.create(PODS, pod('p'));
    const spec: Pod['spec'] = { ...made.spec, nodeName: 'elsewhere' };
    const written = await plane.client.updateStatus(PODS, { ...made, spec, status: { phase: 'Running' } } as Pod);
    expect([written.spec.nodeName, written.status?.phase]).toEqual([undefined, 'Running']);
  });
});
