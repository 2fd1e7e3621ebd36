import { describe, expect, test } from 'vitest';
import { decideEndpoints } from '../../src/controllers/endpoints/index.ts';
import type { Endpoints, Pod, Service } from '../../src/model/index.ts';
import { pod, service } from '../tools/manifests.ts';

function serving(name: string, ip: string, ready = true, traits: Partial<Pod['metadata']> = {}): Pod {
  const base = pod(name, { nodeName: 'here' }, { app: 'web' });
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:01:00Z' } as const];
  return {
    ...base,
    metadata: { ...base.metadata, uid: name, ...traits },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions },
  };
}

function web(spec: Partial<Service['spec']> = {}): Service {
  const base = service('web', { clusterIP: '10.96.0.9', ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec });
  return { ...base, metadata: { ...base.metadata, labels: { team: 'a' }, creationTimestamp: '2026-01-01T00:00:00Z' } };
}

const ips = ({ subsets = [] }: Endpoints) =>
  subsets.map(({ addresses = [], notReadyAddresses = [] }) => [addresses.map(({ ip }) => ip), notReadyAddresses.map(({ ip }) => ip)]);

describe('Endpoints', () => {
  test('list ready pods and, apart from them, those that are not', () => {
    const endpoints = decideEndpoints(
      web(),
      [serving('b', '10.0.0.2'), serving('a', '10.0.0.1'), serving('c', '10.0.0.3', false)],
      undefined,
    )!;
    expect(ips(endpoints)).toEqual([[['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]]);
    expect(endpoints.subsets![0]!.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
    expect(endpoints.subsets![0]!.addresses![0]).toEqual({
      ip: '10.0.0.1',
      nodeName: 'here',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'a' },
    });
    expect(endpoints.metadata).toMatchObject({
      labels: { team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:01:00Z' },
    });
  });

  test('leave out pods that end, and list them where all are asked for', () => {
    const leaving = serving('a', '10.0.0.1', true, { deletionTimestamp: '2026-01-01T00:02:00Z' });
    expect(decideEndpoints(web(), [leaving], undefined)!.subsets).toBeUndefined();
    expect(ips(decideEndpoints(web({ publishNotReadyAddresses: true }), [leaving, serving('b', '10.0.0.2', false)], undefined)!)).toEqual([
      [['10.0.0.1', '10.0.0.2'], []],
    ]);
  });

  test('tell of each port once, with all pods that serve it', () => {
    const named = (name: string, ip: string, ports: readonly string[], ready = true): Pod => {
      const base = serving(name, ip, ready);
      const list = ports.map((port, i) => ({ name: port, containerPort: 9000 + i }));
      return { ...base, spec: { ...base.spec, containers: [{ name: 'main', image: 'web:1', ports: list }] } };
    };
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'admin', port: 81, targetPort: 8081 },
      { name: 'metrics', port: 90, targetPort: 'metrics' },
    ];
    const some = [named('a', '10.0.0.1', []), named('b', '10.0.0.2', ['metrics']), named('c', '10.0.0.3', ['metrics'], false)];
    const told = (pods: readonly Pod[]) => {
      const { subsets = [], ...rest } = decideEndpoints(web({ ports }), pods, undefined)!;
      const found = ips({ ...rest, subsets });
      return Object.fromEntries(subsets.map((subset, i) => [subset.ports!.map(({ name }) => name).join(), found[i]]));
    };
    expect(told(some)).toEqual({
      'http,admin': [['10.0.0.1', '10.0.0.2'], ['10.0.0.3']],
      metrics: [['10.0.0.2'], ['10.0.0.3']],
    });
    expect(told(some.slice(1))).toEqual({ 'http,admin,metrics': [['10.0.0.2'], ['10.0.0.3']] });
  });

  test('of a headless Service say so', () => {
    expect(decideEndpoints(web({ clusterIP: 'None' }), [], undefined)!.metadata.labels).toHaveProperty(
      ['service.kubernetes.io/headless'],
      '',
    );
  });

  test('are written only when they change', () => {
    const pods = [serving('a', '10.0.0.1')];
    const present = decideEndpoints(web(), pods, undefined)!;
    expect(decideEndpoints(web(), pods, present)).toBeUndefined();
    expect(decideEndpoints(web(), [serving('a', '10.0.0.1', false)], present)).toBeDefined();
  });

  test('hold no more than 1000 addresses, the ready ones first, and tell of it', () => {
    const pods = Array.from({ length: 1200 }, (_, i) => serving(`p${i}`, `10.0.${i >> 8}.${i & 255}`, i < 900));
    const endpoints = decideEndpoints(web(), pods, undefined)!;
    const [[ready, notReady]] = ips(endpoints) as [[string[], string[]]];
    expect([ready.length, notReady.length]).toEqual([900, 100]);
    expect(endpoints.metadata.annotations).toHaveProperty(['endpoints.kubernetes.io/over-capacity'], 'truncated');
    expect(decideEndpoints(web(), pods.slice(0, 10), endpoints)!.metadata.annotations).not.toHaveProperty([
      'endpoints.kubernetes.io/over-capacity',
    ]);
  });
});
