import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate } from '../../src/apiserver/auth/issue.ts';
import { Daemon, kubectlPath, Sandbox } from './sandbox.ts';

const run = promisify(execFile);

const TOKENS = 'jane-token,jane,1001,"dev,ops"\nbob-token,bob,1002\n';
const FORBIDDEN = 'Error from server (Forbidden): ';
const UNAUTHORIZED = /^error: You must be logged in to the server/m;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Several people on one cluster; each step stands on the one before. */
describe.skipIf(!kubectlPath)('who may what, with real kubectl', () => {
  const sandbox = new Sandbox();
  const { kubectl } = sandbox;
  const tokenFile = join(sandbox.folder, 'tokens.csv');
  const people = join(sandbox.folder, 'people');
  let daemon: Daemon;

  const up = (file = tokenFile) =>
    new Daemon(
      ['up', '--data-dir', sandbox.dataDir, '--listen', '127.0.0.1:0', '--runtime', 'simulated', '--token-auth-file', file],
      sandbox.folder,
    );

  beforeAll(async () => {
    writeFileSync(tokenFile, TOKENS);
    daemon = up();
    await daemon.line(/Ready in/);
    copyFileSync(join(sandbox.dataDir, 'kubeconfig'), people);
    await introduce('jane', '--token', 'jane-token');
    await introduce('bob', '--token', 'bob-token');
    await kubectl('create', 'namespace', 'team');
  });
  afterAll(async () => {
    await daemon.interrupt();
    await sandbox.close();
  });

  const config = (...args: string[]) => run(kubectlPath!, ['config', '--kubeconfig', people, ...args]);

  /** Makes somebody known to kubectl under a context of that name. */
  async function introduce(user: string, ...credentials: string[]) {
    await config('set-credentials', user, ...credentials);
    await config('set-context', user, '--cluster', 'slipway', '--user', user);
  }

  /** As one of them, whatever comes of it. */
  async function as(user: string, ...args: string[]): Promise<Ran> {
    try {
      return { code: 0, ...(await run(kubectlPath!, ['--kubeconfig', people, '--context', user, ...args])) };
    } catch (error) {
      return error as Ran;
    }
  }
  const said = async (user: string, ...args: string[]) => {
    const { stdout, stderr } = await as(user, ...args);
    return (stdout + stderr).trim();
  };
  /** A token for a service account, as a person whom kubectl knows. */
  async function bearer(user: string, ...args: string[]) {
    await introduce(user, '--token', (await kubectl('-n', 'team', 'create', 'token', ...args)).trim());
  }

  test('a token from the file says who somebody is; another says nothing', async () => {
    const whoami = await said('jane', 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo}');
    expect(JSON.parse(whoami)).toEqual({ username: 'jane', uid: '1001', groups: ['dev', 'ops', 'system:authenticated'] });
    await introduce('nobody', '--token', 'wrong');
    expect(await said('nobody', 'get', 'pods')).toMatch(UNAUTHORIZED);
  });

  test('so does a certificate that the cluster’s authority has signed', async () => {
    const pem = (name: string) => readFileSync(join(sandbox.dataDir, 'tls', name), 'utf8');
    const authority = { cert: pem('ca.crt'), key: pem('ca.key') };
    const { cert, key } = await issueCertificate({ use: 'client', user: 'carol', groups: ['dev'] }, Date.now(), 3_600_000, { authority });
    writeFileSync(join(sandbox.folder, 'carol.crt'), cert);
    writeFileSync(join(sandbox.folder, 'carol.key'), key);
    const files = ['crt', 'key'].map((part) => join(sandbox.folder, `carol.${part}`)) as [string, string];
    await introduce('carol', '--client-certificate', files[0], '--client-key', files[1], '--embed-certs');
    const whoami = JSON.parse(await said('carol', 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo}'));
    expect(whoami).toMatchObject({ username: 'carol', groups: ['dev', 'system:authenticated'] });
  });

  test('who is bound to nothing is refused in Kubernetes’ words', async () => {
    expect(await said('bob', '-n', 'team', 'get', 'pods')).toBe(
      `${FORBIDDEN}pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "team"`,
    );
    expect(await said('bob', 'get', 'nodes')).toBe(
      `${FORBIDDEN}nodes is forbidden: User "bob" cannot list resource "nodes" in API group "" at the cluster scope`,
    );
    expect(await as('bob', 'auth', 'can-i', 'list', 'pods', '-n', 'team')).toMatchObject({ code: 1, stdout: 'no\n' });
  });

  test('a role binding gives rights in its namespace, at once', async () => {
    await kubectl('-n', 'team', 'create', 'rolebinding', 'dev-admin', '--clusterrole', 'admin', '--group', 'dev');
    expect(await said('jane', '-n', 'team', 'create', 'configmap', 'settings', '--from-literal', 'a=b')).toBe('configmap/settings created');
    expect(await said('carol', '-n', 'team', 'get', 'configmaps', 'settings', '-o', 'name')).toBe('configmap/settings');
    expect(await said('jane', 'get', 'configmaps')).toContain(
      'cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    expect(await said('jane', 'auth', 'can-i', 'create', 'deployments.apps', '-n', 'team')).toBe('yes');
    const rights = await said('jane', 'auth', 'can-i', '--list', '-n', 'team');
    expect(rights).toMatch(/^secrets +\[\] +\[\] +\[.*create.*\]$/m);
    expect(rights).toMatch(/^ +\[\/version\] +\[\] +\[get\]$/m);
  });

  test('an admin of a namespace may hand on what he holds, and nothing more', async () => {
    expect(await said('jane', '-n', 'team', 'create', 'rolebinding', 'bob', '--clusterrole', 'view', '--user', 'bob')).toBe(
      'rolebinding.rbac.authorization.k8s.io/bob created',
    );
    expect(await said('bob', '-n', 'team', 'get', 'configmaps', '-o', 'name')).toContain('configmap/settings');
    expect(await said('bob', '-n', 'team', 'get', 'secrets')).toContain('User "bob" cannot list resource "secrets"');
    expect(await said('jane', '-n', 'team', 'create', 'role', 'more', '--verb', 'get', '--resource', 'nodes')).toBe(
      `${FORBIDDEN}roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["dev" "ops" "system:authenticated"]) ` +
        'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
    );
    expect(await said('jane', '-n', 'team', 'create', 'rolebinding', 'all', '--clusterrole', 'cluster-admin', '--user', 'jane')).toContain(
      '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    );
  });

  test('kubectl auth reconcile makes roles and bindings what a file says', async () => {
    const file = join(sandbox.folder, 'roles.yaml');
    const manifest = (verbs: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: team}
rules: [{apiGroups: [""], resources: [pods], verbs: [${verbs}]}]`;
    writeFileSync(file, manifest('get'));
    expect(await kubectl('auth', 'reconcile', '-f', file)).toContain('role.rbac.authorization.k8s.io/reader reconciled');
    writeFileSync(file, manifest('get, list'));
    await kubectl('auth', 'reconcile', '-f', file);
    expect(await kubectl('-n', 'team', 'get', 'role', 'reader', '-o', 'jsonpath={.rules[*].verbs[*]}')).toBe('get list');
  });

  test('--as acts in another’s name, for who may', async () => {
    const whoami = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo}'];
    const acting = ['--as', 'eve', '--as-group', 'ops', '--as-group', 'a,b', '--as-uid', '7', '--as-user-extra', 'scope=view'];
    expect(JSON.parse(await kubectl(...whoami, ...acting))).toEqual({
      username: 'eve',
      uid: '7',
      groups: ['ops', 'a,b', 'system:authenticated'],
      extra: { scope: ['view'] },
    });
    expect(await kubectl('auth', 'can-i', 'list', 'pods', '-n', 'team', '--as', 'bob')).toBe('yes\n');
    expect(await said('bob', 'get', 'pods', '--as', 'jane')).toBe(
      `${FORBIDDEN}users "jane" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope`,
    );
  });

  test('a certificate is asked for, approved, and says who somebody is', async () => {
    const file = (name: string) => join(sandbox.folder, name);
    const [key, csr] = [file('dora.key'), file('dora.csr')];
    await run('openssl', ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', csr, '-subj', '/O=dev/CN=dora']);
    const request = readFileSync(csr).toString('base64');
    const spec = { request, signerName: 'kubernetes.io/kube-apiserver-client', expirationSeconds: 86_400, usages: ['client auth'] };
    const object = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'dora' }, spec };
    writeFileSync(file('dora.json'), JSON.stringify(object));
    const apply = ['apply', '-f', file('dora.json')];
    expect(await said('bob', ...apply)).toContain('User "bob" cannot get resource "certificatesigningrequests"');
    expect(await kubectl(...apply)).toBe('certificatesigningrequest.certificates.k8s.io/dora created\n');
    expect(await kubectl('get', 'csr')).toMatch(
      /^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\ndora +\d+s +kubernetes.io\/kube-apiserver-client +slipway-admin +24h +Pending\n$/,
    );
    expect(await kubectl('certificate', 'approve', 'dora')).toBe('certificatesigningrequest.certificates.k8s.io/dora approved\n');
    const issued = ['wait', 'csr/dora', '--for', 'jsonpath={.status.certificate}', '--timeout', '20s'];
    expect(await kubectl(...issued)).toBe('certificatesigningrequest.certificates.k8s.io/dora condition met\n');
    expect(await kubectl('describe', 'csr', 'dora')).toMatch(/^Status: +Approved,Issued\nSubject:\n +Common Name: +dora\n/m);
    writeFileSync(file('dora.crt'), Buffer.from(await kubectl('get', 'csr', 'dora', '-o', 'jsonpath={.status.certificate}'), 'base64'));
    await run('openssl', ['verify', '-CAfile', join(sandbox.dataDir, 'tls', 'ca.crt'), file('dora.crt')]);
    await introduce('dora', '--client-certificate', file('dora.crt'), '--client-key', key, '--embed-certs');
    await kubectl('create', 'namespace', 'lab');
    await kubectl('-n', 'lab', 'create', 'role', 'reader', '--verb', 'get,list', '--resource', 'configmaps');
    await kubectl('-n', 'lab', 'create', 'rolebinding', 'dora', '--role', 'reader', '--user', 'dora');
    expect(await said('dora', '-n', 'lab', 'get', 'configmaps', '-o', 'name')).toBe('configmap/kube-root-ca.crt');
    expect(await said('dora', '-n', 'lab', 'get', 'secrets')).toBe(
      `${FORBIDDEN}secrets is forbidden: User "dora" cannot list resource "secrets" in API group "" in the namespace "lab"`,
    );
    // Of the group dev she is, too.
    expect(await said('dora', '-n', 'team', 'get', 'configmaps', 'settings', '-o', 'name')).toBe('configmap/settings');
  });

  test('a service account acts by its token, for as long as what the token is bound to', async () => {
    await kubectl('-n', 'team', 'create', 'serviceaccount', 'robot');
    await kubectl('-n', 'team', 'create', 'rolebinding', 'robot', '--clusterrole', 'view', '--serviceaccount', 'team:robot');
    await kubectl('-n', 'team', 'create', 'secret', 'generic', 'lease');
    await bearer('robot', 'robot', '--duration', '20m');
    await bearer('bound', 'robot', '--bound-object-kind', 'Secret', '--bound-object-name', 'lease');
    await bearer('elsewhere', 'robot', '--audience', 'vault');
    const names = ['-n', 'team', 'get', 'configmaps', 'settings', '-o', 'name'];
    for (const user of ['robot', 'bound']) expect(await said(user, ...names)).toBe('configmap/settings');
    expect(await said('elsewhere', ...names)).toMatch(UNAUTHORIZED);
    await kubectl('-n', 'team', 'delete', 'secret', 'lease');
    expect(await said('bound', ...names)).toMatch(UNAUTHORIZED);
    expect(await said('robot', 'get', 'configmaps', '-A')).toContain('User "system:serviceaccount:team:robot" cannot list');
    expect(await said('bob', '-n', 'team', 'create', 'token', 'robot')).toContain('cannot create resource "serviceaccounts/token"');
  });

  test('a token outlives the daemon, but not its account', async () => {
    await daemon.interrupt();
    daemon = up();
    await daemon.line(/Ready in/);
    const server = await kubectl('config', 'view', '-o', 'jsonpath={.clusters[0].cluster.server}');
    await config('set-cluster', 'slipway', '--server', server);
    expect(await said('robot', '-n', 'team', 'get', 'configmaps', 'settings', '-o', 'name')).toBe('configmap/settings');
    await kubectl('-n', 'team', 'delete', 'serviceaccount', 'robot');
    expect(await said('robot', '-n', 'team', 'get', 'configmaps')).toMatch(UNAUTHORIZED);
  });

  test('who wrote what and was refused what is in the log, and no token is anywhere', async () => {
    const { stdout } = await sandbox.slipway('log', '--data-dir', sandbox.dataDir);
    expect(stdout).toMatch(/audit {6}create configmaps team\/settings by jane from 127\.0\.0\.1: 201/);
    expect(stdout).toMatch(/audit {6}create roles\.rbac\.authorization\.k8s\.io team\/more by jane from 127\.0\.0\.1: 403 Forbidden/);
    expect(stdout).toMatch(/audit {6}create serviceaccounts\/token team\/robot by slipway-admin from 127\.0\.0\.1: 201/);
    const found = run('grep', ['-rlE', 'jane-token|eyJhbGciOi', sandbox.dataDir]);
    await expect(found).rejects.toMatchObject({ code: 1, stdout: '' });
  });

  test('a damaged authority is one clear line', async () => {
    const dataDir = join(sandbox.folder, 'damaged');
    mkdirSync(join(dataDir, 'tls'), { recursive: true });
    writeFileSync(join(dataDir, 'tls', 'ca.crt'), 'nonsense');
    const other = new Daemon(['up', '--data-dir', dataDir, '--listen', '127.0.0.1:0', '--runtime', 'simulated'], sandbox.folder);
    expect(await other.exited).toBe(1);
    expect(other.output).toMatch(/^error: the certificate authority in \S+ is damaged .*: put both files back from a copy.*\n$/);
  });

  test('a line of the token file that cannot be read is named', async () => {
    const bad = join(sandbox.folder, 'bad.csv');
    writeFileSync(bad, `${TOKENS}lonely-token\n`);
    const other = new Daemon(['up', '--data-dir', join(sandbox.folder, 'other'), '--token-auth-file', bad], sandbox.folder);
    expect(await other.exited).toBe(1);
    expect(other.output).toContain(`${bad}, line 3: expected token,user,uid and perhaps "group1,group2"`);
    expect(other.output).not.toContain('lonely-token');
  });
});
