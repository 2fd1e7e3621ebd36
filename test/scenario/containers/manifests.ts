/** What people run first on a cluster of containers. */
import { BUSYBOX_IMAGE, nodeImage } from '../../tools/images.ts';

const SERVER = `
const { readFileSync } = require('node:fs');
console.log('started');
require('node:http').createServer((request, response) => {
  if (request.url === '/crash') process.exit(3);
  if (request.url === '/message') return response.end(readFileSync('/etc/site/message'));
  response.end(process.env.POD_NAME + ' ' + process.env.PASSWORD);
}).listen(8080);
process.on('SIGTERM', () => process.exit(0));
`;

export const WEB = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'site' }, data: { 'server.js': SERVER, message: 'first' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'site' }, stringData: { password: 'sesame' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: nodeImage().name,
              command: ['node', '/etc/site/server.js'],
              env: [
                { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'site', key: 'password' } } },
              ],
              readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'site', mountPath: '/etc/site' }],
            },
          ],
          volumes: [{ name: 'site', configMap: { name: 'site' } }],
        },
      },
    },
  },
];

/** A pod of busybox: its container, and what else its spec says. */
export function shellPod(name: string, script: string, container: object = {}, spec: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'main', image: BUSYBOX_IMAGE.name, command: ['sh', '-c', script], ...container }],
      ...spec,
    },
  };
}

/** Runs until it is told to end. */
export const WAIT = `trap 'exit 0' TERM; sleep 1000 & wait`;

const CLAIM = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'shared' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
};

const onShared = {
  volumes: [{ name: 'shared', persistentVolumeClaim: { claimName: 'shared' } }],
};
const atData = { volumeMounts: [{ name: 'shared', mountPath: '/data' }] };

/** A Job writes to a volume, which another pod reads. */
export const WRITER = [
  CLAIM,
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'writer' },
    spec: { template: { spec: shellPod('writer', 'echo written >/data/file', atData, onShared).spec } },
  },
];
export const READER = shellPod('reader', 'cat /data/file', atData, onShared);

/** Its init container waits for a Service by name; a sidecar runs beside it. */
export const WAITING = shellPod(
  'waiting',
  `cat /shared/said; ${WAIT}`,
  { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] },
  {
    volumes: [{ name: 'shared', emptyDir: { medium: 'Memory' } }],
    initContainers: [
      {
        name: 'wait',
        image: BUSYBOX_IMAGE.name,
        command: ['sh', '-c', 'until wget -qO- http://late.default.svc.cluster.local/; do sleep 0.1; done'],
      },
      {
        name: 'side',
        image: BUSYBOX_IMAGE.name,
        restartPolicy: 'Always',
        command: ['sh', '-c', `echo side >/shared/said; ${WAIT}`],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        startupProbe: { exec: { command: ['test', '-e', '/shared/said'] }, periodSeconds: 1 },
      },
    ],
  },
);

export const LATE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'late' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

/** Takes more memory than it may. */
export const GREEDY = {
  ...shellPod('greedy', '', {
    image: nodeImage().name,
    command: ['node', '-e', 'const all = []; for (;;) all.push(Buffer.alloc(1e6, 1))'],
    resources: { limits: { memory: '64Mi', cpu: '500m' } },
  }),
};
