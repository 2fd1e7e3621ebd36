import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/index.ts';
import type { Connection } from '../../src/client/index.ts';
import { credentialSource } from '../../src/client/http/credentials.ts';

let dir: string;
let clock: ManualClock;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-credentials-'));
  clock = new ManualClock();
});
afterEach(() => rm(dir, { recursive: true }));

/** A program that notes each run in `runs`, and prints `answer`. */
async function program(answer: unknown, exit = 0): Promise<Connection> {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  await writeFile(join(dir, 'answer'), text);
  const script = `echo "$KUBERNETES_EXEC_INFO" >>'${dir}/runs'; printf %s "$REGION $1" >'${dir}/called'; cat '${dir}/answer'; exit ${exit}`;
  return {
    server: 'https://far',
    ca: 'CA',
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/bin/sh',
      args: ['-c', script, 'sh', 'token'],
      env: { REGION: 'eu' },
      installHint: 'install it from there',
      provideClusterInfo: true,
      interactive: 'Never',
    },
  };
}

const answer = (status: object, apiVersion = 'client.authentication.k8s.io/v1') => ({ kind: 'ExecCredential', apiVersion, status });
const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n');

describe('a program that signs in', () => {
  test('is run once for many, and is told of the cluster', async () => {
    const source = credentialSource(await program(answer({ token: 't1' })), clock);
    const given = await Promise.all([source.current(), source.current(), source.current()]);
    for (const credential of given) expect(credential).toEqual({ authorization: 'Bearer t1' });
    expect((await runs()).map((line) => JSON.parse(line))).toEqual([
      {
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1',
        spec: {
          cluster: { server: 'https://far', 'certificate-authority-data': Buffer.from('CA').toString('base64') },
          interactive: false,
        },
      },
    ]);
    expect(await readFile(join(dir, 'called'), 'utf8')).toBe('eu token');
  });

  test('is run again shortly before what it gave expires', async () => {
    const expirationTimestamp = new Date(clock.now() + 60_000).toISOString();
    const source = credentialSource(await program(answer({ token: 't1', expirationTimestamp })), clock);
    await source.current();
    await clock.advance(49_000);
    await source.current();
    expect(await runs()).toHaveLength(1);
    await clock.advance(1000);
    await source.current();
    expect(await runs()).toHaveLength(2);
  });

  test('is run again when what it gave is refused, once for all who were', async () => {
    const source = credentialSource(await program(answer({ token: 't1' })), clock);
    const refused = await source.current();
    await writeFile(join(dir, 'answer'), JSON.stringify(answer({ token: 't2' })));
    expect(await Promise.all([source.renew(refused), source.renew(refused)])).toEqual([true, true]);
    expect(await source.current()).toEqual({ authorization: 'Bearer t2' });
    expect(await runs()).toHaveLength(2);
  });

  test('may give a certificate', async () => {
    const given = answer({ clientCertificateData: 'CERT', clientKeyData: 'KEY' });
    expect(await credentialSource(await program(given), clock).current()).toEqual({ cert: 'CERT', key: 'KEY' });
  });

  const failures: [string, unknown, number, string][] = [
    ['that fails', '', 3, 'signing in by /bin/sh failed: it ended with exit code 3'],
    ['that prints something else', 'token: secret', 0, 'it printed no JSON'],
    ['that prints another object', { kind: 'Secret' }, 0, 'it printed no ExecCredential'],
    ['of another version', answer({ token: 't' }, 'client.authentication.k8s.io/v1beta1'), 0, 'it printed the version client'],
    ['that gives nothing', answer({}), 0, 'it gave neither a token nor a certificate'],
    ['that gives half a certificate', answer({ token: 't', clientCertificateData: 'CERT' }), 0, 'a certificate and its key come together'],
    ['whose expiry is no time', answer({ token: 't', expirationTimestamp: 'soon' }), 0, 'its expirationTimestamp is no time: soon'],
  ];
  test.each(failures)('%s', async (_, given, exit, message) => {
    const source = credentialSource(await program(given, exit), clock);
    await expect(source.current()).rejects.toThrow(message);
  });

  test('that is missing is named with the way to get it, and asked for again', async () => {
    const connection = await program(answer({ token: 't' }));
    const source = credentialSource({ ...connection, exec: { ...connection.exec!, command: join(dir, 'later') } }, clock);
    const message = `signing in by ${join(dir, 'later')} failed: there is no such program\ninstall it from there`;
    await expect(source.current()).rejects.toThrow(message);
    await writeFile(join(dir, 'later'), `#!/bin/sh\ncat '${dir}/answer'\n`, { mode: 0o755 });
    await expect(source.current()).resolves.toEqual({ authorization: 'Bearer t' });
  });
});

test('a token file is read again when what was in it is refused', async () => {
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, 'old\n');
  const source = credentialSource({ server: 'https://far', tokenFile }, clock);
  const old = await source.current();
  expect(old).toEqual({ authorization: 'Bearer old' });
  await writeFile(tokenFile, 'new\n');
  expect(await source.current()).toBe(old);
  await source.renew(old);
  expect(await source.current()).toEqual({ authorization: 'Bearer new' });
});

test('a fixed token has no other one', async () => {
  const source = credentialSource({ server: 'https://far', token: 'fixed' }, clock);
  expect(await source.renew(await source.current())).toBe(false);
});
