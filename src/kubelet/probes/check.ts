import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../../base/index.ts';
import type { Container, IntOrString, Probe } from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';

export interface Verdict {
  readonly ok: boolean;
  /** Of a failure, in a kubelet's words. */
  readonly message: string;
}

/** A running container that can be asked. */
export interface Asked {
  readonly id: string;
  readonly ip: string;
  readonly container: Container;
}

const PASSED: Verdict = { ok: true, message: '' };

/** This much of a command's output is kept for the message. */
const LONGEST_OUTPUT = 10 * 1024;

/** Asks once. An aborted signal is a timeout. */
export async function check(probe: Probe, asked: Asked, runtime: Runtime, signal: AbortSignal): Promise<Verdict> {
  try {
    if (probe.exec) return await checkExec(probe.exec.command ?? [], asked, runtime, signal);
    if (probe.httpGet) return await checkHttp(probe.httpGet, asked, signal);
    if (probe.tcpSocket) return await checkTcp(probe.tcpSocket.host ?? asked.ip, portNumber(probe.tcpSocket.port, asked.container), signal);
    return { ok: false, message: 'this kind of probe is not supported: use httpGet, tcpSocket or exec' };
  } catch (error) {
    return { ok: false, message: signal.aborted ? 'context deadline exceeded' : messageOf(error) };
  }
}

async function checkExec(command: readonly string[], { id }: Asked, runtime: Runtime, signal: AbortSignal): Promise<Verdict> {
  let output = '';
  const keep = (chunk: Uint8Array) => {
    if (output.length < LONGEST_OUTPUT) output += Buffer.from(chunk).toString();
  };
  const code = await runtime.exec(id, command, { stdout: keep, stderr: keep }, signal);
  return code === 0 ? PASSED : { ok: false, message: output.slice(0, LONGEST_OUTPUT) };
}

function checkHttp(get: NonNullable<Probe['httpGet']>, { ip, container }: Asked, signal: AbortSignal): Promise<Verdict> {
  const host = get.host || ip;
  const port = portNumber(get.port, container);
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`;
  const headers = {
    'User-Agent': 'kube-probe/1.36',
    Accept: '*/*',
    Connection: 'close',
    ...Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value])),
  };
  const secure = get.scheme === 'HTTPS';
  const url = `${secure ? 'https' : 'http'}://${host}:${port}${path}`;
  return new Promise((resolve) => {
    const options = { host, port, path, headers, agent: false, signal, rejectUnauthorized: false };
    const request = (secure ? httpsRequest : httpRequest)(options, (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400 ? PASSED : { ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` });
    });
    request.on('error', (error) =>
      resolve({ ok: false, message: `Get "${url}": ${signal.aborted ? 'context deadline exceeded' : dialMessage(error, host, port)}` }),
    );
    request.end();
  });
}

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const done = (verdict: Verdict) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.once('connect', () => done(PASSED));
    socket.once('error', (error) =>
      done({ ok: false, message: signal.aborted ? `dial tcp ${host}:${port}: i/o timeout` : dialMessage(error, host, port) }),
    );
  });
}

function dialMessage(error: Error, host: string, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message;
}

/** The number of a port that may be given by its name. */
function portNumber(port: IntOrString, container: Container): number {
  if (typeof port === 'number') return port;
  const found = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(found)) throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ${container.name}`);
  return found;
}
