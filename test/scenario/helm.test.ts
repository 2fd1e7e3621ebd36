import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BareCluster, hasClients, type Shell } from './shell.ts';

const CHART = new URL('../../fixtures/helm/web', import.meta.url).pathname;

/** One release from its first day to its last: each step stands on the one before. */
describe.skipIf(!hasClients)('helm', { timeout: 60_000 }, () => {
  const cluster = new BareCluster();
  let shell: Shell;
  beforeAll(async () => {
    await cluster.up(1);
    shell = await cluster.shell('releases');
  });
  afterAll(() => cluster.close());

  const statuses = async () =>
    (JSON.parse(await shell.types('helm history site -o json')) as { status: string }[]).map(({ status }) => status);

  test('install: hooks first, definitions before what needs them, --wait until all is ready', async () => {
    const { types } = shell;
    const installed = await types(`helm install site ${CHART} --wait --wait-for-jobs --timeout 30s`);
    expect(installed).toMatch(/^NAME: site\n[^]*STATUS: deployed\nREVISION: 1\n[^]*NOTES:\nHello from site\.\n$/);
    expect(await types('kubectl get deploy site -o jsonpath={.status.readyReplicas}')).toBe('2');
    expect(await types('kubectl get page,cm,svc,secret -o name')).toBe(
      'page.web.example.com/site\nconfigmap/kube-root-ca.crt\nconfigmap/site\nconfigmap/site-note\nservice/site\nsecret/sh.helm.release.v1.site.v1\n',
    );
    expect(await types('kubectl get secret -o jsonpath={.items[0].type}')).toBe('helm.sh/release.v1');
    expect(await types('kubectl get jobs -o name')).toBe('');
  });

  test('list, status, get, test', async () => {
    const { types } = shell;
    expect(JSON.parse(await types('helm list -o json'))).toMatchObject([
      { name: 'site', namespace: 'releases', revision: '1', status: 'deployed', chart: 'web-1.0.0' },
    ]);
    expect(await types('helm status site')).toMatch(/==> v1\/Service\nNAME +TYPE +CLUSTER-IP/);
    expect(await types('helm get manifest site')).toContain('# Source: web/templates/server.yaml\n');
    expect(await types('helm get hooks site')).toContain('name: site-note\n');
    expect(await types('helm test site')).toMatch(/TEST SUITE: +site-answers\n[^]*Phase: +Succeeded\n/);
  });

  test('upgrade changes what changed', async () => {
    const { types } = shell;
    const uid = await types('kubectl get deploy,svc site -o jsonpath={.items[*].metadata.uid}');
    expect(await types(`helm upgrade site ${CHART} --set replicas=3,greeting=Bye --wait --timeout 30s`)).toContain(
      'Release "site" has been upgraded. Happy Helming!\n',
    );
    expect(await types('kubectl get deploy,svc site -o jsonpath={.items[*].metadata.uid}')).toBe(uid);
    expect(await types('kubectl get cm site site-note -o jsonpath={.items[*].data}')).toBe(
      '{"greeting":"Bye","revision":"2"} {"before":"2"}',
    );
    expect(await types('kubectl get page site -o jsonpath={.spec.title}')).toBe('Bye');
    expect(await types('kubectl get deploy site -o jsonpath={.status.readyReplicas}')).toBe('3');
    expect(await types('helm get values site -o json')).toBe('{"greeting":"Bye","replicas":3}\n');
  });

  test('rollback', async () => {
    const { types } = shell;
    expect(await types('helm rollback site 1 --wait --timeout 30s')).toBe('Rollback was a success! Happy Helming!\n');
    expect(await types('kubectl get deploy/site cm/site -o jsonpath="{.items[0].spec.replicas} {.items[1].data.greeting}"')).toBe(
      '2 Hello',
    );
    expect(await statuses()).toEqual(['superseded', 'superseded', 'deployed']);
  });

  test('an upgrade that does not get ready is rolled back', async () => {
    const { types, fails } = shell;
    expect(await fails(`helm upgrade site ${CHART} --set ready=false --rollback-on-failure --timeout 3s`)).toContain(
      'release site failed, and has been rolled back due to rollback-on-failure being set',
    );
    expect(await statuses()).toEqual(['superseded', 'superseded', 'superseded', 'failed', 'deployed']);
    expect(await types('kubectl get deploy site -o jsonpath={.spec.template.spec.nodeSelector}')).toBe('');
    expect(await types('kubectl rollout status deploy site --timeout=30s')).toContain('successfully rolled out\n');
  });

  test('a dry run asks the server and changes nothing', async () => {
    const before = await shell.types('kubectl get cm site -o jsonpath={.metadata.resourceVersion}');
    expect(await shell.types(`helm upgrade site ${CHART} --dry-run=server --set greeting=Never`)).toContain('greeting: "Never"');
    expect(await shell.types('kubectl get cm site -o jsonpath={.metadata.resourceVersion}')).toBe(before);
  });

  test('what another owns is not taken over', async () => {
    await shell.types('kubectl create cm other');
    expect(await shell.fails(`helm install other ${CHART}`)).toMatch(
      /ConfigMap "other" in namespace "releases" exists and cannot be imported into the current release/,
    );
  });

  test('uninstall', async () => {
    const { types, fails } = shell;
    expect(await types('helm uninstall site --wait --timeout 30s')).toContain('release "site" uninstalled\n');
    expect(await types('kubectl get deploy,svc,page -o name')).toBe('');
    expect(await types('kubectl get cm -o name')).not.toContain('configmap/site\n');
    expect(JSON.parse(await types('helm list -o json'))).toEqual([]);
    expect(await fails('helm uninstall site')).toBe('Error: uninstall: Release not loaded: site: release: not found\n');
  });
});
