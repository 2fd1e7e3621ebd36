import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '../../../src/base/index.ts';
import { ensureCertificates, kubeconfigText, localClient, startServer, type RunningServer } from '../../../src/apiserver/index.ts';
import type { Client } from '../../../src/client/index.ts';
import { NAMESPACES, type Manifest } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { findKubectl } from '../../tools/kubectl.ts';
import { GENERATORS, wordsOf } from './protobuf-generators.ts';

const program = findKubectl();
const run = promisify(execFile);

describe.skipIf(!program)('what comes as protobuf is stored as what comes as JSON', () => {
  let dir: string;
  let server: RunningServer;
  let served: ControlPlane;
  /** The same control plane once more: the same clock, the same chance. */
  let twin: ControlPlane;
  let client: Client;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-protobuf-'));
    [served, twin] = await Promise.all([controlPlane(), controlPlane()]);
    client = localClient({ api: twin.api, store: twin.store, manager: 'kubectl-create', trusted: false });
    const tls = await ensureCertificates(dir, [], systemClock.now());
    const version = { major: '1', minor: '36', gitVersion: 'v1.36.0' };
    const { api, clock } = served;
    server = await startServer({
      api,
      tls,
      listen: { host: '127.0.0.1', port: 0 },
      nodes: () => undefined,
      log: silentLog,
      clock,
      version,
    });
    await writeFile(join(dir, 'config'), kubeconfigText({ server: `https://127.0.0.1:${server.port}`, ca: tls.ca, ...tls.admin }));
  });
  afterAll(async () => {
    await server.close();
    await rm(dir, { recursive: true });
  });

  async function kubectl(...words: string[]): Promise<string> {
    const environment = { ...process.env, HOME: dir, KUBECONFIG: join(dir, 'config'), KUBECACHEDIR: join(dir, 'cache') };
    return (await run(program!, words, { cwd: dir, env: environment, encoding: 'utf8' })).stdout;
  }

  test.for(GENERATORS.map((generator, index) => [generator, `space-${index}`] as const))(
    'create %s',
    async ([generator, namespace], { skip }) => {
      const options = ['--namespace', namespace];
      const printed = JSON.parse(await kubectl(...wordsOf(generator, ...options, '--dry-run=client', '--output=json'))) as Manifest;
      const kind = served.api.kinds.byApiVersion(printed.apiVersion, printed.kind);
      if (!kind) return skip('the kind is not served');
      const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await Promise.all([served.client.create(NAMESPACES, space), twin.client.create(NAMESPACES, space)]);
      expect(await kubectl(...wordsOf(generator, ...options))).toContain(' created');
      const metadata = { ...printed.metadata, ...(kind.namespaced ? { namespace } : {}) };
      const stored = await client.create(kind, { ...printed, metadata });
      expect(await served.client.get(kind, stored.metadata.name, stored.metadata.namespace)).toEqual(stored);
    },
  );
});
