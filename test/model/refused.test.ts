import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/model/index.ts';
import { formatPath } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

/** What is wrong with a new object, or with one that replaces another: `field: message`, each without what it repeats of a rule. */
function problems(object: object, old?: object): string[] {
  const { metadata, ...others } = object as Manifest;
  const given = { ...others, metadata: { ...metadata, name: metadata?.name ?? 'x' } } as Manifest;
  const kind = registry.byApiVersion(given.apiVersion, given.kind)!;
  const complete = (one: Manifest) => kind.prepareCreate(kind.defaults(one));
  const before = old && complete({ ...given, ...old });
  return kind
    .validate(complete(given), before)
    .map(({ path, message }) =>
      `${formatPath(path)}: ${message}`.replace(/: a lowercase RFC 1123 subdomain must.*| ?\(e\.g\..*|, regex used.*/, ''),
    );
}

const node = (spec: object) => ({ apiVersion: 'v1', kind: 'Node', spec });
const storageClass = (...allowedTopologies: object[]) => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  provisioner: 'a.b/c',
  allowedTopologies: allowedTopologies.map((matchLabelExpressions) => ({ matchLabelExpressions })),
});
const csiNode = (driver: object) => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n', ...driver }] },
});
const attachment = (spec: object) => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'v' }, ...spec },
});
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const webhook = (more: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  webhooks: [
    {
      name: 'a.example.com',
      clientConfig: { service: { name: 's', namespace: 'n', path: '/a/b' } },
      rules: [rule],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...more,
    },
  ],
});
const service = (more: object) => webhook({ clientConfig: { service: { name: 's', namespace: 'n', ...more } } });
const ruled = (more: object) => webhook({ rules: [{ ...rule, ...more }] });
const pod = (spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const onNode = (...values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }] },
    },
  },
}); // prettier-ignore
const zone = { key: 'zone', values: ['a', 'b'] };

describe('a new object is refused', () => {
  test.each<[string, object, string[]]>([
    ['a node whose block is none', node({ podCIDR: 'x' }), ['spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value,']],
    ['a node with two blocks of a family', node({ podCIDRs: ['10.1.0.0/24', '10.2.0.0/24'] }), ['spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP family']],
    ['not a node with one of each', node({ podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', 'fd00::/64'] }), []],
    ['a taint with a value that no label has', node({ taints: [{ key: 'a', value: 'b c', effect: 'NoSchedule' }] }), [expect.stringContaining('metadata.taints[0].value: Invalid value: "b c"')]],
    ['a namespace with a finalizer of nobody', { apiVersion: 'v1', kind: 'Namespace', spec: { finalizers: ['mine'] } }, ['spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified']],
    ['a key for SSH that is empty', { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default' }, type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } }, ['data[ssh-privatekey]: Required value']],
    ['topologies that say nothing', storageClass([]), ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""']],
    ['topologies twice, in whatever order', storageClass([zone], [{ ...zone, values: ['b', 'a'] }]), ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""']],
    ['topologies with a label twice', storageClass([zone, zone]), ['allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"']],
    ['topologies with a value twice', storageClass([{ key: 'zone', values: ['a', 'a'] }]), ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"']],
    ['topologies without values', storageClass([{ key: 'zone', values: [] }]), ['allowedTopologies[0].matchLabelExpressions[0].values: Required value']],
    ['not topologies that differ', storageClass([zone], [{ key: 'zone', values: ['c'] }]), []],
    ['a driver that lives otherwise', { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', spec: { volumeLifecycleModes: ['Eternal'] } }, ['spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"']],
    ['a driver with a long name', { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: 'x'.repeat(64) } }, ['metadata.name: Too long: may not be more than 63 bytes']],
    ['not a driver in capitals', csiNode({ name: 'CSI.example.com' }), []],
    ['a driver that takes less than nothing', csiNode({ allocatable: { count: -1 } }), ['spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0']],
    ['a driver with a key twice', csiNode({ topologyKeys: ['a', 'a'] }), ['spec.drivers[0]: Duplicate value: "a"']],
    ['a driver with a long id', csiNode({ nodeID: 'x'.repeat(193) }), [`spec.drivers[0].nodeID: Invalid value: "${'x'.repeat(193)}": must be 192 characters or less`]],
    ['an attachment by nobody', attachment({ attacher: 'a/b' }), ['spec.attacher: Invalid value: "a/b"']],
    ['an attachment of nothing that can be', attachment({ source: { persistentVolumeName: 'A' } }), ['spec.source.persistentVolumeName: Invalid value: "A"']],
    ['a webhook on a path without a slash', service({ path: 'a' }), ['webhooks[0].clientConfig.service.path: Invalid value: "a": must start with a \'/\'', 'webhooks[0].clientConfig.service.path: Invalid value: "a": segment[0] may not be empty']],
    ['a webhook on a path with a gap', service({ path: '/a//b' }), ['webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty']],
    ['not a webhook on a path that ends', service({ path: '/a/b/' }), []],
    ['a webhook on no port', service({ port: 0 }), ['webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive']],
    ['a webhook that speaks another version', webhook({ admissionReviewVersions: ['v2'] }), ['webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1']],
    ['a webhook that says a version twice', webhook({ admissionReviewVersions: ['v1', 'v1'] }), ['webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version']],
    ['a webhook that chose no policy', webhook({ failurePolicy: '' }), ['webhooks[0].failurePolicy: Unsupported value: "": supported values: "Fail", "Ignore"']],
    ['a rule about all and more', ruled({ apiGroups: ['*', 'apps'] }), ['webhooks[0].rules[0].apiGroups: Invalid value: ["*","apps"]: if \'*\' is present, must not specify other API groups']],
    ['a rule about what it says already', ruled({ resources: ['pods/*', 'pods/status'] }), ["webhooks[0].rules[0].resources[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify pods/status"]],
    ['a rule about all objects and some', ruled({ resources: ['*', 'pods'] }), ["webhooks[0].rules[0].resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources without subresources"]],
    ['not a rule about all objects and a door', ruled({ resources: ['*', 'pods/status'] }), []],
    ['a node by a name that no node has', pod(onNode('A')), ['spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0]: Invalid value: "A"']],
    ['a profile of no type', pod({ securityContext: { seccompProfile: {} } }), ['spec.securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set']],
    ['a choice that was not made', pod({ securityContext: { fsGroupChangePolicy: '' } }), ['spec.securityContext.fsGroupChangePolicy: Unsupported value: "": supported values: "Always", "OnRootMismatch"']],
    ['not a pod that ends in no time and runs a command first', pod({ terminationGracePeriodSeconds: -1, containers: [{ name: 'c', image: 'i', lifecycle: { preStop: { exec: { command: ['x'] } } } }] }), []],
    ['not a header without a value', pod({ containers: [{ name: 'c', image: 'i', livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'X-A' }] } } }] }), []],
  ])('%s', (_, object, expected) => expect(problems(object)).toEqual(expected)); // prettier-ignore
});

describe('an update is refused', () => {
  const keeps = (what: string) => `spec.${what}: Forbidden: node updates may not change ${what.replace(/s$/, '')} except from "" to valid`;

  test.each<[string, object, object, string[]]>([
    ['that moves a node', node({ podCIDR: '10.2.0.0/24' }), node({ podCIDR: '10.1.0.0/24' }), [keeps('podCIDRs')]],
    ['that makes a node another machine', node({ providerID: 'a' }), node({ providerID: 'b' }), [keeps('providerID')]],
    ['not one that says the block once', node({ podCIDRs: ['10.1.0.0/24'] }), node({ podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] }), []],
    ['not one that says both for the first time', node({ podCIDR: '10.1.0.0/24', providerID: 'a' }), node({}), []],
    ['that makes a driver another', csiNode({ nodeID: 'other' }), csiNode({}), [expect.stringMatching(/^CSINodeDriver: Invalid value: .*: field is immutable$/)]],
    ['not one that lets a driver take more', csiNode({ allocatable: { count: 5 } }), csiNode({ allocatable: { count: 3 } }), []],
  ])('%s', (_, object, old, expected) => expect(problems(object, old)).toEqual(expected)); // prettier-ignore
});
