import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Load } from './load.ts';
import { kubectlPath, Sandbox } from './sandbox.ts';

describe.skipIf(!kubectlPath)('a rollout under load', () => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;

  beforeAll(async () => {
    await sandbox.prepare();
    await sandbox.up();
    await kubectl('rollout', 'status', 'deployment/web', '--timeout=30s');
  });
  afterAll(() => sandbox.close());

  test('fails no request, also of clients that keep their connections', { timeout: 60_000 }, async () => {
    const address = (await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}')).trim();
    const load = new Load(`http://${address}/`, 8);
    for (const message of ['second', 'third']) {
      const old = (await kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n');
      sandbox.edit('web/server.yaml', (text) => text.replace(/(name: MESSAGE\n\s+value: ).*/, `$1${message}`));
      await sandbox.commit(message);
      await kubectl('wait', '--for=delete', ...old, '--timeout=30s');
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect([...load.answers]).toEqual(expect.arrayContaining(['Hello from Slipway', 'second', 'third']));
    expect(load.answered).toBeGreaterThan(500);
  });
});
