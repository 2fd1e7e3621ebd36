import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureCertificates } from '../../src/apiserver/auth/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { Daemon, kubectlPath, Sandbox } from './sandbox.ts';

const run = promisify(execFile);

/** Labels every pod, and lets nobody have an image without a version. */
const SERVER = `
const { readFileSync } = require('node:fs');
const [cert, key] = [process.env.CERT, process.env.KEY].map((file) => readFileSync(file));
require('node:https').createServer({ cert, key }, async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  const { apiVersion, kind, request: { uid, object } } = JSON.parse(text);
  const say = (answer) => response.end(JSON.stringify({ apiVersion, kind, response: { uid, ...answer } }));
  if (request.url.startsWith('/label')) {
    const patch = [{ op: 'add', path: '/metadata/labels', value: { ...object.metadata.labels, team: 'blue' } }];
    return say({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) });
  }
  const bare = object.spec.containers.find(({ image }) => !image.includes(':'));
  if (!bare) return say({ allowed: true, warnings: ['looked at ' + object.metadata.name] });
  say({ allowed: false, status: { code: 403, reason: 'Forbidden', message: bare.name + ' has no version' } });
}).listen(8443, process.env.HOST);
`;

describe.skipIf(!kubectlPath)('webhooks that run in the cluster, with real kubectl', () => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;
  let daemon: Daemon;
  const up = async () => {
    daemon = new Daemon(
      ['up', '--data-dir', sandbox.dataDir, '--listen', '127.0.0.1:0', '--runtime', 'process', '--no-ingress'],
      sandbox.folder,
    );
    await daemon.line(/Ready in/);
  };

  beforeAll(async () => {
    await up();
    const folder = join(sandbox.folder, 'certificates');
    mkdirSync(folder);
    const { ca, server } = await ensureCertificates(folder, ['policy.default.svc'], systemClock.now());
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, server.cert);
    writeFileSync(key, server.key);
    await apply(policyPod(cert, key), SERVICE);
    await kubectl('wait', '--for=condition=Ready', 'pod/policy', '--timeout=30s');
    await apply(...configurations(Buffer.from(ca).toString('base64')));
  });
  afterAll(async () => {
    await daemon.interrupt();
    await sandbox.close();
  });

  async function apply(...items: object[]): Promise<void> {
    const file = join(sandbox.folder, 'manifest.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await kubectl('apply', '-f', file);
  }
  /** What kubectl says, whatever comes of it. */
  async function said(...args: string[]): Promise<string> {
    const config = ['--kubeconfig', join(sandbox.dataDir, 'kubeconfig')];
    const { stdout, stderr } = await run(kubectlPath!, [...config, ...args]).catch((error: { stdout: string; stderr: string }) => error);
    return stderr + stdout;
  }
  const sleeper = (name: string, image: string) => ['run', name, `--image=${image}`, '--restart=Never', '--command', '--', 'sleep', '1000'];

  test('a pod is changed on its way in, and its writer reads what was said', async () => {
    expect(await said(...sleeper('good', 'sh:1'))).toBe('Warning: looked at good\npod/good created\n');
    expect(await kubectl('get', 'pod', 'good', '-o', 'jsonpath={.metadata.labels}')).toBe('{"run":"good","team":"blue"}');
  });

  test('a pod is refused in the words of the webhook', async () => {
    expect(await said(...sleeper('bad', 'sh'))).toBe(
      'Error from server (Forbidden): admission webhook "version.policy.test" denied the request: bad has no version\n',
    );
    expect(await said('get', 'pod', 'bad')).toContain('NotFound');
  });

  test('a Deployment says why its pods do not come, and they come when it is mended', async () => {
    await kubectl('create', 'deployment', 'web', '--image=sh', '--', 'sleep', '1000');
    await kubectl('wait', '--for=condition=ReplicaFailure', 'deployment/web', '--timeout=20s');
    expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].message}')).toContain(
      'denied the request: sh has no version',
    );
    await kubectl('set', 'image', 'deployment/web', 'sh=sh:1');
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
    expect(await kubectl('get', 'pods', '-l', 'app=web,team=blue', '-o', 'name')).toMatch(/^pod\/web-\S+\n$/);
  });

  test('one that is away holds up what it judges, says so, and does not keep the cluster from its start', async () => {
    await kubectl('delete', 'pod', 'policy', '--timeout=20s');
    expect(await said(...sleeper('later', 'sh:1'))).toMatch(
      /^Error from server \(InternalError\): Internal error occurred: failed calling webhook "label.policy.test": failed to call webhook: Post "https:\/\/policy.default.svc:443\/label\?timeout=10s": dial tcp \S+:443: connect: connection refused$/m,
    );
    await daemon.interrupt();
    await up();
    expect(await kubectl('get', 'pods', '-l', 'team=blue', '--field-selector=status.phase=Running', '-o', 'name')).toMatch(/^pod\/good\n/);
    await kubectl('delete', 'mutatingwebhookconfigurations,validatingwebhookconfigurations', 'policy');
    await kubectl(...sleeper('later', 'sh'));
  });
});

const policyPod = (cert: string, key: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'policy', labels: { app: 'policy' } },
  spec: {
    containers: [
      {
        name: 'policy',
        image: 'node',
        command: [process.execPath, '-e', SERVER],
        env: [
          { name: 'CERT', value: cert },
          { name: 'KEY', value: key },
        ],
        ports: [{ containerPort: 8443 }],
        readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 },
      },
    ],
  },
});

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'policy' },
  spec: { selector: { app: 'policy' }, ports: [{ port: 443, targetPort: 8443 }] },
};

function configurations(caBundle: string): object[] {
  const webhook = (name: string) => ({
    name: `${name}.policy.test`,
    clientConfig: { caBundle, service: { namespace: 'default', name: 'policy', path: `/${name}` } },
    rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  });
  const configuration = (kind: string, name: string) => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'policy' },
    webhooks: [webhook(name)],
  });
  return [configuration('MutatingWebhookConfiguration', 'label'), configuration('ValidatingWebhookConfiguration', 'version')];
}
