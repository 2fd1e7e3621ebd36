/** Medians of what every write pays: `node test/bench/patch.ts`. */
import {
  applyPatch,
  fieldSet,
  jsonPatch,
  mergePatch,
  STATUS_FIELDS,
  strategicMergePatch,
  trackUpdate,
} from '../../src/apiserver/patch/index.ts';
import { BUILT_IN_KINDS, KindRegistry, type Manifest } from '../../src/model/index.ts';
import { heading, median, show } from './report/index.ts';

const ROUNDS = 40;
const PER_ROUND = 500;
heading('what every write pays');

const NOW = '2026-01-01T00:00:00Z';

function measure(name: string, run: (i: number) => unknown): void {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < PER_ROUND; i++) run(round * PER_ROUND + i);
    rounds.push(((performance.now() - start) * 1000) / PER_ROUND);
  }
  show(name, [median(rounds.slice(5))], 'µs');
}

const pods = new KindRegistry(BUILT_IN_KINDS).byApiVersion('v1', 'Pod')!;
const shape = pods.shape();
const spec = fieldSet([['spec']]);
const writer = { apiVersion: 'v1', now: NOW, shape };

const manifest = (i: number): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `web-5d4f8c7b9d-${i}`,
    generateName: 'web-5d4f8c7b9d-',
    namespace: 'default',
    labels: { app: 'web', tier: 'front', 'pod-template-hash': '5d4f8c7b9d' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d4f8c7b9d', uid: 'u-1', controller: true, blockOwnerDeletion: true },
    ],
  },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'registry.example.com/web:1.25',
        ports: [{ containerPort: 8080, name: 'http' }],
        env: [
          { name: 'PORT', value: '8080' },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 5 },
        volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'web' } }],
    serviceAccountName: 'default',
  },
});

const running = (pod: Manifest, i: number, ready: 'True' | 'False'): Manifest => ({
  ...pod,
  status: {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: type === 'Ready' || type === 'ContainersReady' ? ready : 'True',
      lastProbeTime: null,
      lastTransitionTime: NOW,
    })),
    hostIP: '127.0.0.1',
    podIP: `127.1.${(i >> 8) & 255}.${i & 255}`,
    podIPs: [{ ip: `127.1.${(i >> 8) & 255}.${i & 255}` }],
    startTime: NOW,
    qosClass: 'Burstable',
    containerStatuses: [
      { name: 'web', image: 'web', imageID: '', ready: true, restartCount: 0, started: true, state: { running: { startedAt: NOW } } },
    ],
  },
});

const withOwners = (object: Manifest, managedFields: Manifest['metadata']['managedFields']): Manifest => ({
  ...object,
  metadata: { ...object.metadata, managedFields },
});

const wanted = Array.from({ length: 1000 }, (_, i) => pods.defaults(manifest(i)));
const create = (i: number) =>
  trackUpdate({ ...writer, before: undefined, after: wanted[i % 1000]!, manager: 'replicaset-controller', ignore: STATUS_FIELDS });
const live = wanted.map((pod, i) => withOwners(pod, create(i)));
const started = (i: number) =>
  trackUpdate({
    ...writer,
    before: live[i % 1000]!,
    after: running(live[i % 1000]!, i, 'False'),
    manager: 'kubelet',
    subresource: 'status',
    ignore: spec,
  });
const alive = live.map((pod, i) => withOwners(running(pod, i, 'False'), started(i)));
const parsed = alive.map((pod) => JSON.parse(JSON.stringify(pod)) as Manifest);

measure('create of a pod', create);
measure('first status of a pod', started);
measure('status of a pod, one condition turned', (i) =>
  trackUpdate({
    ...writer,
    before: alive[i % 1000]!,
    after: running(alive[i % 1000]!, i % 1000, 'True'),
    manager: 'kubelet',
    subresource: 'status',
    ignore: spec,
  }),
);
measure('the same, on an object read from disk', (i) =>
  trackUpdate({
    ...writer,
    before: parsed[i % 1000]!,
    after: running(parsed[i % 1000]!, i % 1000, 'True'),
    manager: 'kubelet',
    subresource: 'status',
    ignore: spec,
  }),
);
measure('write that changes nothing', (i) =>
  trackUpdate({ ...writer, before: parsed[i % 1000]!, after: alive[i % 1000]!, manager: 'kubelet', subresource: 'status' }),
);

const applied = applyPatch({ ...writer, live: undefined, applied: manifest(1), manager: 'slipway', force: false });
const appliedLive = withOwners(pods.defaults(applied.object), applied.managedFields);
const other = { ...manifest(1), metadata: { ...manifest(1).metadata, labels: { app: 'web' } } };
measure('apply that creates', (i) => applyPatch({ ...writer, live: undefined, applied: manifest(i), manager: 'slipway', force: false }));
measure('apply that changes nothing', () =>
  applyPatch({ ...writer, live: appliedLive, applied: manifest(1), manager: 'slipway', force: false }),
);
measure('apply that drops two labels', () =>
  applyPatch({ ...writer, live: appliedLive, applied: other, manager: 'slipway', force: false }),
);
measure('strategic merge patch of an image', (i) =>
  strategicMergePatch(alive[i % 1000], { spec: { containers: [{ name: 'web', image: 'web:2' }] } }, shape),
);
measure('merge patch of a label', (i) => mergePatch(alive[i % 1000], { metadata: { labels: { a: 'b' } } }));
measure('JSON patch of an image', (i) => jsonPatch(alive[i % 1000], [{ op: 'replace', path: '/spec/containers/0/image', value: 'web:2' }]));
