import { execFile } from 'node:child_process';
import { isRecord, UserError, type Millis } from '../../base/index.ts';
import type { Connection, ExecPlugin } from './connection.ts';
import { bearer, type Credential } from './credential.ts';

/** Nobody answers its questions then, so it must come to an end. */
const LONGEST_RUN: Millis = 60_000;

/** Runs the program and reads the ExecCredential that it prints. */
export async function runPlugin(plugin: ExecPlugin, connection: Connection): Promise<Credential> {
  const isInteractive = plugin.interactive !== 'Never' && process.stdin.isTTY;
  if (plugin.interactive === 'Always' && !isInteractive)
    throw new UserError(`${plugin.command} signs in by asking questions, and there is no terminal to ask them on`);
  const text = await run(plugin, infoFor(plugin, connection, isInteractive), isInteractive);
  return credentialIn(text, plugin);
}

function infoFor(plugin: ExecPlugin, { server, ca, serverName, skipVerify }: Connection, interactive: boolean): string {
  const cluster = {
    server,
    ...(serverName ? { 'tls-server-name': serverName } : {}),
    ...(skipVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca ? { 'certificate-authority-data': Buffer.from(ca).toString('base64') } : {}),
  };
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: plugin.apiVersion,
    spec: { ...(plugin.provideClusterInfo ? { cluster } : {}), interactive },
  });
}

function run({ command, args, env, installHint }: ExecPlugin, info: string, isInteractive: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env, KUBERNETES_EXEC_INFO: info }, ...(isInteractive ? {} : { timeout: LONGEST_RUN }) };
    const child = execFile(command, [...args], options, (error, stdout) => {
      if (!error) return resolve(stdout);
      const isMissing = 'code' in error && error.code === 'ENOENT';
      const hint = isMissing && installHint ? `\n${installHint}` : '';
      // Not the whole error: it repeats the command line, which may hold secrets.
      reject(new UserError(`signing in by ${command} failed: ${isMissing ? 'there is no such program' : endOf(error)}${hint}`));
    });
    child.stderr?.pipe(process.stderr, { end: false });
    if (isInteractive) process.stdin.pipe(child.stdin!);
    else child.stdin?.end();
  });
}

function endOf(error: { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown }): string {
  if (error.killed) return `it did not end within ${LONGEST_RUN / 1000} s`;
  return error.signal ? `it was ended by ${String(error.signal)}` : `it ended with exit code ${String(error.code)}`;
}

function credentialIn(text: string, { command, apiVersion }: ExecPlugin): Credential {
  const refuse = (why: string) => new UserError(`signing in by ${command} failed: ${why}`);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // What it printed may hold a token.
    throw refuse('it printed no JSON');
  }
  if (!isRecord(answer) || answer['kind'] !== 'ExecCredential') throw refuse('it printed no ExecCredential');
  if (answer['apiVersion'] !== apiVersion)
    throw refuse(`it printed the version ${String(answer['apiVersion'])}, and the kubeconfig asks for ${apiVersion}`);
  const status = isRecord(answer['status']) ? answer['status'] : {};
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  if (typeof token !== 'string' && typeof cert !== 'string') throw refuse('it gave neither a token nor a certificate');
  if ((typeof cert === 'string') !== (typeof key === 'string')) throw refuse('a certificate and its key come together');
  return {
    ...(typeof token === 'string' ? { authorization: bearer(token) } : {}),
    ...(typeof cert === 'string' ? { cert, key: key as string } : {}),
    ...(typeof expirationTimestamp === 'string' ? { expires: expiry(expirationTimestamp, refuse) } : {}),
  };
}

function expiry(text: string, refuse: (why: string) => UserError): Millis {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw refuse(`its expirationTimestamp is no time: ${text}`);
  return at;
}
