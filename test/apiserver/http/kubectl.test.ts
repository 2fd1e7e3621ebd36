import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '../../../src/base/index.ts';
import { ensureCertificates, kubeconfigText, startServer, type RunningServer } from '../../../src/apiserver/index.ts';
import { PODS } from '../../../src/model/index.ts';
import { controlPlane } from '../../tools/control-plane.ts';
import { findKubectl } from '../../tools/kubectl.ts';

const program = findKubectl();
const run = promisify(execFile);

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: node }] }
`;

describe.skipIf(!program)('real kubectl', () => {
  let dir: string;
  let server: RunningServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-kubectl-'));
    const { api, client, clock } = await controlPlane();
    const tls = await ensureCertificates(dir, [], systemClock.now());
    const version = { major: '1', minor: '36', gitVersion: 'v1.36.0' };
    const nodes = () => async (request: Request) => new Response(`asked for ${new URL(request.url).search}\n`);
    server = await startServer({ api, tls, listen: { host: '127.0.0.1', port: 0 }, nodes, log: silentLog, clock, version });
    await writeFile(join(dir, 'config'), kubeconfigText({ server: `https://127.0.0.1:${server.port}`, ca: tls.ca, ...tls.admin }));
    await writeFile(join(dir, 'web.yaml'), WEB);
    const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'node' }] };
    await client.create(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec });
  });
  afterAll(async () => {
    await server.close();
    await rm(dir, { recursive: true });
  });

  async function kubectl(...words: string[]): Promise<string> {
    const environment = { ...process.env, HOME: dir, KUBECONFIG: join(dir, 'config'), KUBECACHEDIR: join(dir, 'cache') };
    const { stdout } = await run(program!, words, { cwd: dir, env: environment, encoding: 'utf8' }).catch((error: { stderr: string }) => ({
      stdout: error.stderr,
    }));
    return stdout.trim();
  }
  const lines = async (...words: string[]) => (await kubectl(...words)).split('\n').map((line) => line.trim().replace(/ {2,}/g, '  '));

  test('applies a manifest, and finds it unchanged', async () => {
    expect(await kubectl('apply', '-f', 'web.yaml')).toBe('deployment.apps/web created');
    expect(await kubectl('apply', '-f', 'web.yaml')).toBe('deployment.apps/web unchanged');
    expect(await kubectl('apply', '--server-side', '-f', 'web.yaml')).toBe('deployment.apps/web serverside-applied');
  });

  test("shows Kubernetes' own columns, wide ones only when asked", async () => {
    expect((await lines('get', 'deployments'))[0]).toBe('NAME  READY  UP-TO-DATE  AVAILABLE  AGE');
    expect((await lines('get', 'pods', '-o', 'wide'))[0]).toBe(
      'NAME  READY  STATUS  RESTARTS  AGE  IP  NODE  NOMINATED NODE  READINESS GATES',
    );
    expect(await kubectl('get', 'pods', '-o', 'name')).toBe('pod/p');
  });

  test('describes, explains and scales', async () => {
    expect(await kubectl('describe', 'deployment', 'web')).toContain('Replicas:               2 desired');
    expect(await lines('explain', 'deployment.spec.replicas')).toContain('FIELD: replicas <integer>');
    expect(await kubectl('scale', 'deployment', 'web', '--replicas=5')).toBe('deployment.apps/web scaled');
    expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}')).toBe('5');
  });

  test('reads a log', async () => {
    expect(await kubectl('logs', 'p', '--tail=3')).toBe('asked for ?tailLines=3');
  });

  test('waits for what is to come', async () => {
    const waiting = kubectl('wait', '--for=jsonpath={.metadata.labels.done}=yes', 'pod/p', '--timeout=10s');
    expect(await kubectl('label', 'pod', 'p', 'done=yes')).toBe('pod/p labeled');
    expect(await waiting).toBe('pod/p condition met');
  });

  test('says in the words of Kubernetes what cannot be done', async () => {
    expect(await kubectl('get', 'pod', 'none')).toBe('Error from server (NotFound): pods "none" not found');
    expect(await kubectl('get', 'things')).toBe(`error: the server doesn't have a resource type "things"`);
    expect(await kubectl('exec', 'p', '--', 'ls')).toContain('pod p cannot be reached: its node n1 is not connected');
  });

  test('deletes, and waits until it is gone', async () => {
    expect(await kubectl('delete', '-f', 'web.yaml')).toMatch(/^deployment\.apps "web" deleted/);
    expect(await kubectl('get', 'deployments')).toBe('');
  });
});
