import { describe, expect, test } from 'vitest';
import { featuresOf } from '../../../src/kubelet/cri/index.ts';
import { containerConfig, resourcesOf } from '../../../src/kubelet/cri/containerconfig.ts';
import { sandboxConfig } from '../../../src/kubelet/cri/sandboxconfig.ts';
import type { ContainerSpec, Limits, SandboxSpec, Security } from '../../../src/kubelet/index.ts';
import { hostsFile } from '../../../src/kubelet/podfiles/hosts.ts';
import { parseResolvConf, sandboxSpecOf } from '../../../src/kubelet/worker/sandboxspec.ts';
import type { Pod } from '../../../src/model/index.ts';

const SANDBOX: SandboxSpec = { podUid: 'u', namespace: 'default', name: 'web', annotations: {} };
const CONTAINER: ContainerSpec = { podUid: 'u', name: 'main', attempt: 2, image: 'i', command: [], args: [], env: {}, mounts: [] };
const config = sandboxConfig(SANDBOX, 0, '/logs', 'me');

const podWith = (spec: Partial<Pod['spec']>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u' },
  spec: { containers: [{ name: 'main' }], ...spec },
});
const PARTS = {
  clusterDns: { address: '10.96.0.10', domain: 'cluster.local' },
  machineDns: () => ({ servers: ['192.0.2.1'], searches: ['example.org'], options: ['timeout:2'] }),
  handlerOf: (name: string) => (name === 'strict' ? 'kata' : undefined),
};

describe('how a pod finds names', () => {
  const searches = ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.org'];
  test.each<[what: string, spec: Partial<Pod['spec']>, dns: object | undefined]>([
    ['asks the cluster first', {}, { servers: ['10.96.0.10'], searches, options: ['ndots:5'] }],
    ['as the machine does, where it uses its network', { hostNetwork: true }, undefined],
    [
      'asks the cluster from the network of the machine, where it says so',
      { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      { servers: ['10.96.0.10'], searches, options: ['ndots:5'] },
    ],
    ['as the machine does, where it says so', { dnsPolicy: 'Default' }, undefined],
    [
      'with more of its own',
      { dnsPolicy: 'Default', dnsConfig: { searches: ['own.org'], options: [{ name: 'timeout', value: '9' }] } },
      { servers: ['192.0.2.1'], searches: ['example.org', 'own.org'], options: ['timeout:9'] },
    ],
    [
      'with its own alone',
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.9'], options: [{ name: 'edns0' }] } },
      { servers: ['192.0.2.9'], searches: [], options: ['edns0'] },
    ],
  ])('%s', (_, spec, dns) => {
    expect(sandboxSpecOf(podWith(spec), PARTS).network?.dns).toEqual(dns);
  });

  test('a resolv.conf is read as its manual page says', () => {
    const text =
      '# a comment\nsearch a.org\nsearch b.org c.org ; the last counts\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:2 rotate\n';
    expect(parseResolvConf(text)).toEqual({
      servers: ['192.0.2.1', '192.0.2.2'],
      searches: ['b.org', 'c.org'],
      options: ['ndots:2', 'rotate'],
    });
  });
});

test('what the containers of a pod share is as its spec asks for it', () => {
  const spec = sandboxSpecOf(
    podWith({
      hostname: 'own',
      subdomain: 'sub',
      runtimeClassName: 'strict',
      shareProcessNamespace: true,
      containers: [
        { name: 'main', ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81 }], securityContext: { privileged: true } },
      ],
    }),
    PARTS,
  );
  expect(spec).toMatchObject({
    handler: 'kata',
    processes: 'pod',
    privileged: true,
    network: {
      hostname: 'own',
      fqdn: 'own.sub.shop.svc.cluster.local',
      ports: [{ protocol: 'TCP', containerPort: 80, hostPort: 8080, hostIp: '' }],
    },
  });
  expect(sandboxConfig(spec, 1, '/logs', 'me')).toMatchObject({
    metadata: { attempt: 1 },
    hostname: 'own',
    linux: { securityContext: { privileged: true, namespaceOptions: { network: 'POD', pid: 'POD', ipc: 'POD' } } },
  });
});

test.each<[string, Partial<Pod['spec']>, hostname: string, hosts: string]>([
  ['its name', {}, 'web', '10.0.0.7\tweb\n'],
  ['with its domain', { hostname: 'own', subdomain: 'sub', setHostnameAsFQDN: true }, 'own.sub.shop.svc.cluster.local', '10.0.0.7\town.sub.shop.svc.cluster.local\town\n'],
  ['without a domain it has none to add', { hostname: 'own', setHostnameAsFQDN: true }, 'own', '10.0.0.7\town\n'],
  ['as it wants to be called', { hostname: 'own', subdomain: 'sub', hostnameOverride: 'db.example.com' }, 'db.example.com', '10.0.0.7\tdb.example.com\n'],
])('what a pod calls itself: %s', (_, asked, hostname, hosts) => {
  const spec = sandboxSpecOf(podWith({ containers: [{ name: 'main' }], ...asked }), PARTS);
  expect(sandboxConfig(spec, 0, '/logs', 'me').hostname).toBe(hostname);
  expect(hostsFile(spec, '10.0.0.7', '')).toContain(`\n${hosts}`);
}); // prettier-ignore

test('a pod whose name with its domain is too long for the kernel is told so', () => {
  const asked = { containers: [{ name: 'main' }], hostname: 'a'.repeat(63), subdomain: 'sub', setHostnameAsFQDN: true };
  expect(() => sandboxSpecOf(podWith(asked), PARTS)).toThrow('has 90 characters, and a hostname has at most 64');
});

test('a pod on the network of the machine has its names, and those that it adds', () => {
  const network = { host: true, hostname: 'web', aliases: [{ ip: '192.0.2.5', hostnames: ['a', 'b'] }] };
  const hosts = '# Kubernetes-managed hosts file (host network).\n127.0.0.1 here\n\n# Entries added by HostAliases.\n192.0.2.5\ta\tb\n';
  expect(hostsFile({ name: 'web', network }, '', '127.0.0.1 here\n')).toBe(hosts);
  expect(sandboxConfig({ ...SANDBOX, network }, 0, '/logs', 'me').linux.securityContext.namespaceOptions.network).toBe('NODE');
});

test('a pod finds itself under its names', () => {
  const network = { hostname: 'own', fqdn: 'own.sub.shop.svc.cluster.local' };
  expect(hostsFile({ name: 'web', network }, '10.0.0.7', '')).toContain('\n10.0.0.7\town.sub.shop.svc.cluster.local\town\n');
});

test.each<[what: string, limits: Limits, resources: object]>([
  ['nothing said is the least share', {}, { cpuShares: 2 }],
  ['a request is a share', { cpuRequestMillis: 500 }, { cpuShares: 512 }],
  [
    'limits',
    { memoryBytes: 1000, cpuMillis: 250, cpuRequestMillis: 250 },
    { cpuShares: 256, cpuPeriod: 100_000, cpuQuota: 25_000, memoryLimitInBytes: 1000 },
  ],
  ['a limit below what the kernel takes', { cpuMillis: 1 }, { cpuShares: 2, cpuPeriod: 100_000, cpuQuota: 1000 }],
])('resources: %s', (_, limits, resources) => {
  expect(resourcesOf(limits)).toEqual(resources);
});

test.each<[string, handlers: Parameters<typeof featuresOf>[0]['runtimeHandlers'], recursive: boolean]>([
  ['says nothing', [], false],
  ['says it of its usual way', [{ name: '', features: { recursiveReadOnlyMounts: true } }], true],
  [
    'says it of another',
    [
      { name: '', features: null },
      { name: 'kata', features: { recursiveReadOnlyMounts: true } },
    ],
    false,
  ],
])('a runtime makes what lies below a mount read only where it %s', (_, runtimeHandlers, recursive) => {
  expect(featuresOf({ runtimeHandlers, features: null }).recursiveReadOnly).toBe(recursive);
});

test.each([
  [null, undefined],
  [{ supplementalGroupsPolicy: false }, false],
  [{ supplementalGroupsPolicy: true }, true],
])('a runtime that says %j of groups', (features, strictGroups) => {
  expect(featuresOf({ runtimeHandlers: [], features }).strictGroups).toBe(strictGroups);
});

describe('a container', () => {
  const made = (rest: Partial<ContainerSpec>) => containerConfig({ ...CONTAINER, ...rest }, config, [], '/profiles/');

  test('is unconfined where nothing is said, and cannot see what none may see', () => {
    const { seccomp, maskedPaths, privileged } = made({}).linux.securityContext;
    expect({ seccomp, privileged }).toEqual({ seccomp: { profileType: 'Unconfined' }, privileged: undefined });
    expect(maskedPaths).toContain('/proc/kcore');
  });

  test('that may do everything sees everything', () => {
    expect(made({ security: { privileged: true } }).linux.securityContext).not.toHaveProperty('maskedPaths');
  });

  test('sees what is mounted later in its volumes where it asks for that', () => {
    const ways = [undefined, 'HostToContainer', 'Bidirectional'] as const;
    const { mounts } = made({
      mounts: ways.map((propagation, i) => ({ source: '/s', path: `/m${i}`, readOnly: false, ...(propagation ? { propagation } : {}) })),
    });
    expect(mounts.map(({ propagation }) => propagation)).toEqual([undefined, 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL']);
  });

  test('has no groups but those that its pod names, where it says so', () => {
    const { supplementalGroups, supplementalGroupsPolicy } = made({ security: { groups: [5], strictGroups: true } }).linux.securityContext;
    expect([supplementalGroups, supplementalGroupsPolicy]).toEqual([[5], 'Strict']);
  });

  test('that asks for a group alone has the user of its image, which the runtime would not look for', () => {
    const user = (security: Security, of: Parameters<typeof containerConfig>[4]) => {
      const { runAsUser, runAsUsername, runAsGroup } = containerConfig({ ...CONTAINER, security }, config, [], '', of).linux
        .securityContext;
      return { runAsUser: runAsUser?.value, runAsUsername, runAsGroup: runAsGroup?.value };
    };
    expect(user({ group: 5 }, { uid: 0 })).toEqual({ runAsUser: 0, runAsGroup: 5 });
    expect(user({ group: 5 }, { name: 'ada' })).toEqual({ runAsUsername: 'ada', runAsGroup: 5 });
    expect(user({ user: 7, group: 5 }, { name: 'ada' })).toEqual({ runAsUser: 7, runAsGroup: 5 });
  });

  test('goes as soon as it should when the machine has no memory left', () => {
    expect(made({ oomScore: 900, limits: { cpuRequestMillis: 500 } }).linux.resources).toEqual({ cpuShares: 512, oomScoreAdj: 900 });
  });

  test('that looks at another sees its processes, and is else as the pod is', () => {
    const { namespaceOptions } = made({ target: 'other' }).linux.securityContext;
    expect(namespaceOptions).toEqual({ network: 'POD', pid: 'TARGET', ipc: 'POD', targetId: 'other' });
  });

  test('has the profile that it names', () => {
    const seccomp = { type: 'Localhost', localhostProfile: 'own.json' };
    expect(made({ security: { seccomp } }).linux.securityContext.seccomp).toEqual({
      profileType: 'Localhost',
      localhostRef: '/profiles/own.json',
    });
  });

  test('whose volume lies where the runtime would put something has its volume', () => {
    const own = { source: '/mine', path: '/etc/hosts', readOnly: true };
    const added = [{ hostPath: '/theirs', containerPath: '/etc/hosts', readonly: false }];
    expect(containerConfig({ ...CONTAINER, mounts: [own] }, config, added, '').mounts).toEqual([
      { hostPath: '/mine', containerPath: '/etc/hosts', readonly: true },
    ]);
  });
});
