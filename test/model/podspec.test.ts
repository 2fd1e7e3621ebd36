import { describe, expect, test } from 'vitest';
import { formatPath, type Manifest, type PodSpec } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

const POD = registry.byApiVersion('v1', 'Pod')!;
const DEPLOYMENT = registry.byApiVersion('apps/v1', 'Deployment')!;
const containers = [{ name: 'c', image: 'i:1' }];

function podOf(spec: object): Manifest {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default' }, spec: { containers, ...spec } };
  return POD.prepareCreate(POD.defaults(object as unknown as Manifest));
}

const problemsOf = (spec: object) => POD.validate(podOf(spec)).map(({ path, message }) => `${formatPath(path)}: ${message}`);

const must = 'requiredDuringSchedulingIgnoredDuringExecution';
const like = 'preferredDuringSchedulingIgnoredDuringExecution';
const nodes = (...matchExpressions: object[]) => ({
  affinity: { nodeAffinity: { [must]: { nodeSelectorTerms: [{ matchExpressions }] } } },
});
const IN_TERM = `spec.affinity.nodeAffinity.${must}.nodeSelectorTerms[0].matchExpressions[0]`;

const own = (container: object) => ({ containers: [{ ...containers[0], ...container }] });
const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
const ruled = (...restartPolicyRules: object[]) => own({ restartPolicy: 'Never', restartPolicyRules });

const keep = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
const KEPT = 'spec.volumes[0]';
const mounted = (mount: object, volume: object = { emptyDir: {} }) => ({
  ...keep(volume),
  ...own({ volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] }),
});
const told = (valueFrom: object) => own({ env: [{ name: 'A', valueFrom }] });
const TOLD = 'spec.containers[0].env[0].valueFrom';
const port = (containerPort: number) => ({ containerPort, hostPort: 80 });
const needing = (requests: object, limits: object = requests) => own({ resources: { requests, limits } });
const whole = (resources: object, ...each: object[]) => ({
  resources,
  containers: each.map((needs, i) => ({ name: `c${i}`, image: 'i', resources: needs })),
});
const NEEDS = 'spec.containers[0].resources';
const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';

describe('a pod is refused for what Kubernetes refuses', () => {
  test.each<[name: string, spec: object, ...problems: string[]]>([
    ['a port of the node twice', { containers: [{ name: 'a', image: 'i', ports: [port(1)] }, { name: 'b', image: 'i', ports: [port(2)] }] }, 'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
    ['a field that is none', told({ fieldRef: { fieldPath: 'spec.x' } }), `${TOLD}.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x`],
    ['all labels as a variable', told({ fieldRef: { fieldPath: 'metadata.labels' } }), `${TOLD}.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`],
    ['a key of what has none', told({ fieldRef: { fieldPath: "metadata.name['a']" } }), `${TOLD}.fieldRef.fieldPath: Invalid value: "metadata.name['a']": error converting fieldPath: field label does not support subscript: metadata.name['a']`],
    ['a resource that is none', told({ resourceFieldRef: { resource: 'limits.gpu' } }), `${TOLD}.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`],
    ['a unit that is none', told({ resourceFieldRef: { resource: 'limits.cpu', divisor: '3' } }), `${TOLD}.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`],
    ['a key that no map has', told({ configMapKeyRef: { name: 'm', key: 'a b' } }), `${TOLD}.configMapKeyRef.key: Invalid value: "a b": a valid config key must consist`],
    ['mounts that reach the node, without the right', mounted({ mountPropagation: 'Bidirectional' }), 'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers'],
    ['a part of a volume said twice', mounted({ subPath: 'a', subPathExpr: 'b' }), 'spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive'],
    ['a part outside of the volume', mounted({ subPath: '../a' }), `spec.containers[0].volumeMounts.subPath: Invalid value: "../a": must not contain '..'`],
    ['read only below, and writable', mounted({ recursiveReadOnly: 'Enabled' }), 'spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true'],
    ['a directory as a device', { ...keep({ emptyDir: {} }), ...own({ volumeDevices: [{ name: 'v', devicePath: '/d' }] }) }, 'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'],
    ['a device that is not there', own({ volumeDevices: [{ name: 'v', devicePath: '/d' }] }), 'spec.containers[0].volumeDevices[0].name: Not found: "v"'],
    ['less than no room', keep({ emptyDir: { sizeLimit: '-1' } }), `${KEPT}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`],
    ['a way back up', keep({ hostPath: { path: '/a/../b' } }), `${KEPT}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    ['a key without a place', keep({ configMap: { name: 'm', items: [{ key: 'k', path: '' }] } }), `${KEPT}.configMap.items[0].path: Required value`],
    ['a place outside of the volume', keep({ secret: { secretName: 's', items: [{ key: 'k', path: '/k' }] } }), `${KEPT}.secret.items[0].path: Invalid value: "/k": must be a relative path`],
    ['a place that is the volume’s own', keep({ configMap: { name: 'm', items: [{ key: 'k', path: '..data' }] } }), `${KEPT}.configMap.items[0].path: Invalid value: "..data": must not start with '..'`],
    ['rights beyond all', keep({ configMap: { name: 'm', defaultMode: 1000 } }), `${KEPT}.configMap.defaultMode: Invalid value: 1000: ${MODE}`],
    ['nothing to tell', keep({ downwardAPI: { items: [{ path: 'a' }] } }), `${KEPT}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`],
    ['a field that only variables have', keep({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'status.podIP' } }] } }), `${KEPT}.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`],
    ['a resource of nobody', keep({ downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } }), `${KEPT}.downwardAPI.resourceFieldRef.containerName: Required value`],
    ['two sources as one', keep({ projected: { sources: [{ secret: { name: 'a' }, configMap: { name: 'b' } }] } }), `${KEPT}.projected.sources[0]: Forbidden: may not specify more than 1 volume type`],
    ['two files at one place', keep({ projected: { sources: [{ secret: { name: 'a', items: [{ key: 'k', path: 'p' }] } }, { configMap: { name: 'b', items: [{ key: 'k', path: 'p' }] } }] } }), `${KEPT}.projected: Invalid value: "b": conflicting duplicate paths`],
    ['a token for a moment', keep({ projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 10 } }] } }), `${KEPT}.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes`],
    ['a claim to be made without a template', keep({ ephemeral: {} }), `${KEPT}.ephemeral.volumeClaimTemplate: Required value`],
    ['a share at no absolute path', keep({ nfs: { server: 's', path: 'a' } }), `${KEPT}.nfs.path: Invalid value: "a": must be an absolute path`],
    ['a sleep longer than its grace', own({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }), 'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)'],
    ['a resource without a domain', needing({ gpu: '1' }), `${NEEDS}.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`, `${NEEDS}.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers`, `${NEEDS}.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`, `${NEEDS}.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`],
    ['a resource of namespaces', needing({}, { pods: '1' }), `${NEEDS}.limits[pods]: Invalid value: "pods": must be a standard resource for containers`, `${NEEDS}.requests[pods]: Invalid value: "pods": must be a standard resource for containers`],
    ['half a device', needing({}, { 'a.com/gpu': '500m' }), `${NEEDS}.limits[a.com/gpu]: Invalid value: "500m": must be an integer`, `${NEEDS}.requests[a.com/gpu]: Invalid value: "500m": must be an integer`],
    ['pages and nothing else', needing({ 'hugepages-2Mi': '4Mi' }), `${NEEDS}: Forbidden: HugePages require cpu or memory`],
    ['fewer pages than their limit', needing({ cpu: '1', 'hugepages-2Mi': '2Mi' }, { cpu: '1', 'hugepages-2Mi': '4Mi' }), `${NEEDS}.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi`],
    ['half a page', needing({ cpu: '1', 'hugepages-2Mi': '1Mi' }), `${NEEDS}.limits[hugepages-2Mi]: Invalid value: "1Mi": 1Mi is not positive integer multiple of hugepages-2Mi`, `${NEEDS}.requests[hugepages-2Mi]: Invalid value: "1Mi": 1Mi is not positive integer multiple of hugepages-2Mi`],
    ['less as a whole than its containers', whole({ requests: { cpu: '1' } }, { requests: { cpu: '600m' } }, { requests: { cpu: '500m' } }), 'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1100m'],
    ['less as a whole than one of them', whole({ limits: { cpu: '1' } }, { limits: { cpu: '2' }, requests: { cpu: '1' } }), 'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1'],
    ['a disk as a whole', whole({ requests: { 'ephemeral-storage': '1Gi' } }, {}), 'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"'],
    ['its own users in the node’s network', { hostUsers: false, hostNetwork: true }, 'spec.hostNetwork: Forbidden: when `hostUsers` is false'],
    ['all of proc with the node’s users', own({ securityContext: { procMount: 'Unmasked' } }), 'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`'],
    ['a setting of the node’s network', { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value: '1' }] } }, `spec.securityContext.sysctls[0].name: Invalid value: "net.ipv4.ip_forward": may not be specified when 'hostNetwork' is true`],
    ['a setting twice', { securityContext: { sysctls: ['1', '2'].map((value) => ({ name: 'kernel.sem', value })) } }, 'spec.securityContext.sysctls[1].name: Duplicate value: "kernel.sem"'],
    ['a system that is none', { os: { name: 'plan9' } }, 'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
    ['what only linux has, on windows', { os: { name: 'windows' }, securityContext: { runAsUser: 1 } }, 'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod'],
    ['the same gate twice', { schedulingGates: [{ name: 'a' }, { name: 'a' }] }, 'spec.schedulingGates[1]: Duplicate value: "a"'],
    ['a name that no host has', { hostAliases: [{ ip: '1.2.3.4', hostnames: ['A_b'] }] }, 'spec.hostAliases[0].hostnames[0]: Invalid value: "A_b": a lowercase RFC 1123 subdomain'],
    ['a domain that is none', { dnsConfig: { searches: ['a b'] } }, `spec.dnsConfig.searches[0]: Invalid value: "a b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.'`],
    ['to bear what no taint says', { tolerations: [{ key: 'a', value: 'b c' }] }, 'spec.tolerations[0].operator: Invalid value: "b c": a valid label must be an empty string'],
  ])('%s', (_, spec, ...problems) => {
    expect(problemsOf(spec).map((text, i) => text.slice(0, problems[i]?.length))).toEqual(problems);
  }); // prettier-ignore

  test('a blank around its image, which a template may hold', () => {
    const spec = own({ image: ' i ' });
    const labels = { a: 'b' };
    const template = { metadata: { labels }, spec };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'default' } };
    const deployment = { ...object, spec: { selector: { matchLabels: labels }, template } } as unknown as Manifest;
    expect(problemsOf(spec)).toEqual(['spec.containers[0].image: Invalid value: " i ": must not have leading or trailing whitespace']);
    expect(DEPLOYMENT.validate(DEPLOYMENT.defaults(deployment))).toEqual([]);
  });

  test('a cost of deletion that is no number', () => {
    const costs = (cost: string) =>
      POD.validate({ ...podOf({}), metadata: { name: 'x', annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } });
    expect(['5', '-5', '0', '+5', '05', 'x', '2147483648'].map((cost) => costs(cost).length)).toEqual([0, 0, 0, 1, 1, 1, 1]);
  });
});

describe('a pod is taken as Kubernetes takes it', () => {
  test.each<[name: string, spec: object]>([
    ['a label as a variable', told({ fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } })],
    ['a port of the node for each protocol', own({ ports: [{ ...port(1), name: 'a' }, { ...port(1), name: 'b', protocol: 'UDP' }] })],
    ['all labels in a volume', keep({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.labels' } }] } })],
    ['a file of a map', keep({ configMap: { name: 'm', items: [{ key: 'k', path: 'a/b', mode: 0o600 }] } })],
    ['a claim as a device', { ...keep({ persistentVolumeClaim: { claimName: 'c' } }), ...own({ volumeDevices: [{ name: 'v', devicePath: '/d' }] }) }],
    ['a domain of services', { dnsConfig: { searches: ['_tcp.example.com.', '.'] } }],
    ['a secret without a name', { imagePullSecrets: [{ name: '' }] }],
    ['a grace below zero', { terminationGracePeriodSeconds: -1 }],
    ['as much as a whole as its containers', whole({ requests: { cpu: '1' }, limits: { cpu: '2' } }, { requests: { cpu: '500m' } }, { requests: { cpu: '500m' } })],
    ['whole devices and pages', needing({ cpu: '1', 'a.com/gpu': '2', 'hugepages-2Mi': '4Mi' })],
  ])('with %s', (_, spec) => {
    expect(problemsOf(spec)).toEqual([]);
  }); // prettier-ignore

  const shared = (...ports: object[]) => ({ containers: ports.map((each, i) => ({ name: `c${i}`, image: 'i', ports: [each] })) });
  const [FIRST, SECOND] = ['spec.containers[0].ports[0]', 'spec.containers[1].ports[0]'];
  const none = 'a null labelSelector results in matching no pod';
  test.each<[name: string, spec: object, ...warnings: string[]]>([
    ['a secret without a name', { imagePullSecrets: [{ name: '' }] }, 'spec.imagePullSecrets[0].name: invalid empty name ""'],
    ['a grace below zero', { terminationGracePeriodSeconds: -1 }, 'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
    ['one port of two containers', shared({ containerPort: 80 }, { containerPort: 80 }), `${SECOND}: duplicate port definition with ${FIRST}`],
    ['one port, once the node’s', shared({ containerPort: 80 }, { containerPort: 80, hostPort: 80 }), `${SECOND}: overlapping port definition with ${FIRST}`],
    ['one port of the node at one address and at all', shared({ containerPort: 80, hostPort: 80 }, { containerPort: 80, hostPort: 80, hostIP: '127.0.0.1' }), `${SECOND}: dangerously ambiguous port definition with ${FIRST}`],
    ['half a byte', needing({ 'ephemeral-storage': '500m' }), `${NEEDS}.limits[ephemeral-storage]: fractional byte value "500m" is invalid, must be an integer`, `${NEEDS}.requests[ephemeral-storage]: fractional byte value "500m" is invalid, must be an integer`],
    ['a spread of nobody', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] }, `spec.topologySpreadConstraints[0].labelSelector: ${none}`],
    ['nobody to be near to', { affinity: { podAffinity: { [must]: [{ topologyKey: 'z' }] } } }, `spec.affinity.podAffinity.${must}[0].labelSelector: ${none}`],
    ['an address twice', { hostAliases: [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }] }, 'spec.hostAliases[1].ip: duplicate ip "1.2.3.4"'],
  ])('and told of %s', (_, spec, ...warnings) => {
    expect(POD.warnings(podOf(spec))).toEqual(warnings);
  }); // prettier-ignore

  test.each([
    ['v1', 'Pod', "the Pod's hostname"],
    ['apps/v1', 'Deployment', 'Pod names and hostnames'],
    ['apps/v1', 'ReplicaSet', 'Pod names and hostnames'],
    ['v1', 'ReplicationController', 'Pod names and hostnames'],
    ['batch/v1', 'Job', 'Pod names and hostnames'],
    ['batch/v1', 'CronJob', 'Pod names and hostnames'],
  ])('and told of a name that no host has: %s %s', (apiVersion, kind, use) => {
    const found = registry.byApiVersion(apiVersion, kind)!;
    const object = { apiVersion, kind, metadata: { name: 'a.b' }, spec: { jobTemplate: {} } } as unknown as Manifest;
    expect(found.warnings(object)).toEqual([
      `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]`,
    ]);
    expect(found.warnings(object, object)).toEqual([]);
  });
});

describe('a pod is refused', () => {
  test.each<[name: string, spec: object, problem: string]>([
    ['a node selector without terms', { affinity: { nodeAffinity: { [must]: { nodeSelectorTerms: [] } } } }, `spec.affinity.nodeAffinity.${must}.nodeSelectorTerms: Required value: must have at least one node selector term`],
    ['a set without values', nodes({ key: 'a', operator: 'In' }), `${IN_TERM}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
    ['values where none are looked at', nodes({ key: 'a', operator: 'Exists', values: ['b'] }), `${IN_TERM}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`],
    ['two numbers to be greater than', nodes({ key: 'a', operator: 'Gt', values: ['1', '2'] }), `${IN_TERM}.values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`],
    ['an operator that is none', nodes({ key: 'a', operator: 'Like' }), `${IN_TERM}.operator: Invalid value: "Like": not a valid selector operator`],
    ['a weight beyond its range', { affinity: { nodeAffinity: { [like]: [{ weight: 101, preference: {} }] } } }, `spec.affinity.nodeAffinity.${like}[0].weight: Invalid value: 101: must be in the range 1-100`],
    ['a field of nodes that is no name', { affinity: { nodeAffinity: { [must]: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.uid', operator: 'In', values: ['x'] }] }] } } } }, `spec.affinity.nodeAffinity.${must}.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key`],
    ['pods without a topology', { affinity: { podAntiAffinity: { [must]: [{ labelSelector: {} }] } } }, `spec.affinity.podAntiAffinity.${must}[0].topologyKey: Required value: can not be empty`],
    ['its own names without a server', { dnsPolicy: 'None', dnsConfig: {} }, 'spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ['too many name servers', { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } }, 'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers'],
    ['a policy of what cannot be resized', { containers: [{ ...containers[0], resizePolicy: [{ resourceName: 'gpu', restartPolicy: 'NotRequired' }] }] }, 'spec.containers[0].resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"'],
    ['a new start where nothing starts anew', { restartPolicy: 'Never', containers: [{ ...containers[0], resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }] }, `spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when \`restartPolicy\` is 'Never'`],
    ['a container’s own policy that is none', own({ restartPolicy: 'Sometimes' }), 'spec.containers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
    ['the same of an init container', { initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Sometimes' }] }, 'spec.initContainers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
    ['rules of restarting beside no policy', own({ restartPolicyRules: [rule] }), 'spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ['the same of an init container’s rules', { initContainers: [{ name: 'i', image: 'i', restartPolicyRules: [rule] }] }, 'spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ['a rule that does something else', ruled({ ...rule, action: 'Stop' }), 'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"'],
    ['a rule that does nothing', ruled({ exitCodes: rule.exitCodes }), 'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"'],
    ['a rule for no exit code', ruled({ action: 'Restart' }), 'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified'],
    ['a rule that compares otherwise', ruled({ ...rule, exitCodes: { operator: 'Gt', values: [1] } }), 'spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: "Gt": supported values: "In", "NotIn"'],
    ['more rules than twenty', ruled(...Array.from({ length: 21 }, () => rule)), 'spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items'],
    ['a rule for more codes than there are', ruled({ ...rule, exitCodes: { operator: 'In', values: Array.from({ length: 256 }, (_, i) => i) } }), 'spec.containers[0].restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items'],
    ['a name for itself beside another', { hostnameOverride: 'a', setHostnameAsFQDN: true }, 'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true'],
    ['a name for itself that is the machine’s', { hostnameOverride: 'a', hostNetwork: true }, 'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true'],
    ['an alias without an address', { hostAliases: [{ ip: 'here', hostnames: ['a'] }] }, 'spec.hostAliases[0].ip: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ['a negative user', { securityContext: { runAsUser: -1 } }, 'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    ['a profile of the node without its name', { securityContext: { seccompProfile: { type: 'Localhost' } } }, 'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost'],
    ['more and fewer rights at once', { containers: [{ ...containers[0], securityContext: { privileged: true, allowPrivilegeEscalation: false } }] }, 'spec.containers[0].securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true'],
    ["the node's processes and its own", { shareProcessNamespace: true, hostPID: true }, 'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled'],
    ['containers to look inside, from the start', { ephemeralContainers: [{ name: 'd', image: 'i' }] }, 'spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ['a node behind a gate', { nodeName: 'n', schedulingGates: [{ name: 'g' }] }, 'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    ['the same spread twice', { topologySpreadConstraints: [1, 2].map(() => ({ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' })) }, 'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"'],
    ['keys of labels without a selector', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['a'] }] }, 'spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set'],
    ['a key that is none', { affinity: { podAffinity: { [must]: [{ topologyKey: 'z', labelSelector: {}, mismatchLabelKeys: ['a b'] }] } } }, `spec.affinity.podAffinity.${must}[0].mismatchLabelKeys[0]: Invalid value: "a b": name part must consist of`],
    ['a class that is no name', { priorityClassName: 'A_b' }, 'spec.priorityClassName: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of'],
    ['a deadline beyond all time', { activeDeadlineSeconds: 2 ** 31 }, 'spec.activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and 2147483647, inclusive'],
  ])('%s', (_, spec, problem) => {
    const [first = '', ...more] = problemsOf(spec);
    expect(first.slice(0, problem.length)).toBe(problem);
    expect(more).toEqual([]);
  }); // prettier-ignore

  test.each(['Always', 'Never', 'OnFailure'])('not for containers that restart by themselves: %s', (restartPolicy) => {
    const restartPolicyRules = [rule, { action: 'RestartAllContainers', exitCodes: { operator: 'NotIn', values: [0] } }];
    const said = { restartPolicy, restartPolicyRules };
    expect(problemsOf({ ...own(said), initContainers: [{ name: 'i', image: 'i', ...said }] })).toEqual([]);
  });

  test('nothing of what a careful manifest says', () => {
    const spec = {
      ...nodes({ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }),
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ ...containers[0], securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
      dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '2' }] },
      hostAliases: [{ ip: '127.0.0.1', hostnames: ['foo.local'] }],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', minDomains: 2 }],
    };
    expect(problemsOf(spec)).toEqual([]);
  });
});

describe('a selector that names keys of labels', () => {
  const labels = { app: 'web', 'pod-template-hash': '1', tier: 'a' };
  const pods = { labelSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] } };
  const made = (spec: object) => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'default', labels }, spec: { containers, ...spec } };
    return (POD.prepareCreate(POD.defaults(object as unknown as Manifest)) as unknown as { spec: PodSpec }).spec;
  };
  const same = { key: 'pod-template-hash', operator: 'In', values: ['1'] };
  const other = { key: 'tier', operator: 'NotIn', values: ['a'] };

  test('says what they are for this very pod', () => {
    const keys = { matchLabelKeys: ['pod-template-hash', 'unknown'], mismatchLabelKeys: ['tier'] };
    const term = { topologyKey: 'z', ...pods, ...keys };
    const wanted = {
      ...term,
      labelSelector: { ...pods.labelSelector, matchExpressions: [...pods.labelSelector.matchExpressions, same, other] },
    };
    const affinity = { podAffinity: { [must]: [term] }, podAntiAffinity: { [like]: [{ weight: 1, podAffinityTerm: term }] } };
    expect(made({ affinity }).affinity).toEqual({
      podAffinity: { [must]: [wanted] },
      podAntiAffinity: { [like]: [{ weight: 1, podAffinityTerm: wanted }] },
    });
    const spread = {
      maxSkew: 1,
      topologyKey: 'z',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: {},
      matchLabelKeys: ['pod-template-hash'],
    };
    expect(made({ topologySpreadConstraints: [spread] }).topologySpreadConstraints).toMatchObject([
      { labelSelector: { matchExpressions: [same] }, matchLabelKeys: ['pod-template-hash'] },
    ]);
  });

  test('stays as it is without them', () => {
    const affinity = { podAffinity: { [must]: [{ topologyKey: 'z', ...pods }] } };
    expect(made({ affinity }).affinity).toEqual(affinity);
  });
});

describe('what a pod asks for as a whole', () => {
  const amounts = { cpu: '1', memory: '1Gi' };
  const asking = { containers: [{ name: 'c', image: 'i:1', resources: { requests: { cpu: '500m' } } }] };
  test.each<[name: string, spec: object, requests: object, qosClass: string]>([
    ['is its limit', { resources: { limits: amounts } }, amounts, 'Guaranteed'],
    [
      'is what its containers ask for, and its limit of the rest',
      { ...asking, resources: { limits: amounts } },
      { cpu: '500m', memory: '1Gi' },
      'Burstable',
    ],
    ['is what it says', { resources: { limits: amounts, requests: { cpu: '500m' } } }, { cpu: '500m', memory: '1Gi' }, 'Burstable'],
  ])('%s', (_, spec, requests, qosClass) => {
    const pod = podOf(spec);
    expect(pod['spec']).toMatchObject({ resources: { requests } });
    expect(pod['status']).toMatchObject({ qosClass });
  });
});

describe('a writer is warned', () => {
  const spec = {
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    containers: [
      {
        ...containers[0],
        env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }, { name: 'P', value: 'x' }, { name: 'P', value: '$(P):y' }],
        ports: [{ containerPort: 80 }, { containerPort: 80, name: 'http' }],
        resources: { limits: { memory: '100m' } },
      },
    ],
  }; // prettier-ignore
  const warnings = (prefix: string) => [
    `${prefix}spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`,
    `${prefix}spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply`,
    `${prefix}spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer`,
    `${prefix}spec.containers[0].ports[1]: duplicate port definition with ${prefix}spec.containers[0].ports[0]`,
  ];
  const metadata = { name: 'x' };
  const withTemplate = (template: object, replicas = 1) =>
    ({ metadata, spec: { replicas, template: { spec: template as PodSpec } } }) as never;

  test('of what a new pod or template hardly means', () => {
    expect(POD.warnings({ metadata, spec } as never)).toEqual(warnings(''));
    expect(DEPLOYMENT.warnings(withTemplate(spec))).toEqual(warnings('spec.template.'));
  });

  test('once: not again with each change of something else', () => {
    expect(DEPLOYMENT.warnings(withTemplate(spec, 2), withTemplate(spec))).toEqual([]);
    expect(DEPLOYMENT.warnings(withTemplate(spec), withTemplate({ containers }))).toHaveLength(4);
  });
});

describe('addresses are refused that are none', () => {
  const slice = registry.byApiVersion('discovery.k8s.io/v1', 'EndpointSlice')!;
  const endpoints = registry.byApiVersion('v1', 'Endpoints')!;
  const metadata = { name: 'x', namespace: 'default' };
  const said = (kind: typeof slice, object: object) =>
    kind
      .validate(kind.defaults({ metadata, ...object } as unknown as Manifest))
      .map(({ path, message }) => `${formatPath(path)}: ${message}`);

  test.each<[type: string, address: string, problem: string | undefined]>([
    ['IPv4', '10.0.0.1', undefined],
    ['IPv4', '127.64.0.1', undefined],
    ['IPv6', '2001:db8::1', undefined],
    ['FQDN', 'example.com', undefined],
    ['IPv4', '2001:db8::1', 'endpoints[0].addresses[0]: Invalid value: "2001:db8::1": must be a valid IPv4 address'],
    ['IPv6', '10.0.0.1', 'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be a valid IPv6 address'],
    ['IPv4', '0.0.0.0', 'endpoints[0].addresses[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
    [
      'IPv6',
      'ff02::1',
      'endpoints[0].addresses[0]: Invalid value: "ff02::1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ],
  ])('in a slice of %s: %s', (addressType, address, problem) => {
    expect(said(slice, { addressType, endpoints: [{ addresses: [address] }] })).toEqual(problem ? [problem] : []);
  });

  test('in Endpoints, with names and protocols that are none', () => {
    const subset = { addresses: [{ ip: '169.254.1.1', hostname: 'A' }], ports: [{ port: 80, appProtocol: 'a b' }] };
    expect(said(endpoints, { subsets: [subset] }).map((text) => text.slice(0, 80))).toEqual([
      'subsets[0].addresses[0].hostname: Invalid value: "A": a lowercase RFC 1123 label',
      'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link',
      'subsets[0].ports[0].appProtocol: Invalid value: "a b": name part must consist of',
    ]);
    const endpoint = { addresses: ['10.0.0.1'], hostname: 'A', nodeName: 'a_b' };
    const texts = said(slice, { addressType: 'IPv4', endpoints: [endpoint], ports: [{ appProtocol: 'a b' }] }).map((text) =>
      text.slice(0, 60),
    );
    expect(texts).toEqual([
      'endpoints[0].hostname: Invalid value: "A": a lowercase RFC 1',
      'endpoints[0].nodeName: Invalid value: "a_b": a lowercase RFC',
      'ports[0].appProtocol: Invalid value: "a b": name part must c',
    ]);
  });

  test('in Endpoints', () => {
    expect(said(endpoints, { subsets: [{ addresses: [{ ip: 'web' }], ports: [{ port: 80 }] }] })).toEqual([
      'subsets[0].addresses[0].ip: Invalid value: "web": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });
});
