import { connect } from 'node:net';
import { messageOf } from '../../base/index.ts';
import type { Container, Probe } from '../../model/index.ts';
import { formatDelay } from '../delay.ts';
import type { Runtime } from '../runtime.ts';
import { askGrpcHealth, GRPC_CODES, UnreachedError } from './grpc.ts';
import { dialMessage, portNumber, sendHttp, type HttpGet } from './http.ts';

export interface Verdict {
  readonly ok: boolean;
  /** Of a failure, in a kubelet's words; where it passed, what is to be minded all the same. */
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
    if (probe.grpc) return await checkGrpc(probe.grpc, asked, timeOf(probe), signal);
    return { ok: false, message: 'missing probe handler' };
  } catch (error) {
    return {
      ok: false,
      message: signal.aborted && probe.exec ? tooSlow(probe.exec.command, probe) : messageOf(error),
    };
  }
}

function tooSlow(command: readonly string[] = [], probe: Probe): string {
  return `command timed out: "${command.join(' ')}" timed out after ${timeOf(probe)}`;
}

function timeOf({ timeoutSeconds = 1 }: Probe): string {
  return formatDelay(timeoutSeconds * 1000);
}

async function checkExec(command: readonly string[], { id }: Asked, runtime: Runtime, signal: AbortSignal): Promise<Verdict> {
  let output = '';
  const keep = (chunk: Uint8Array) => {
    if (output.length < LONGEST_OUTPUT) output += Buffer.from(chunk).toString();
  };
  const code = await runtime.exec(id, command, { stdout: keep, stderr: keep, atEnd: true }, signal);
  return code === 0 ? PASSED : { ok: false, message: output.slice(0, LONGEST_OUTPUT) };
}

async function checkHttp(get: HttpGet, asked: Asked, signal: AbortSignal): Promise<Verdict> {
  const { statusCode, body } = await sendHttp(get, asked, signal);
  if (statusCode < 200 || statusCode >= 400) return { ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` };
  return statusCode < 300 ? PASSED : { ok: true, message: `Probe terminated redirects, Response body: ${body}` };
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

async function checkGrpc(
  { port, service = '' }: NonNullable<Probe['grpc']>,
  { ip }: Asked,
  time: string,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    const { state, code, message } = await askGrpcHealth(ip, port, service, signal);
    if (code !== 0) return { ok: false, message: grpcRefusal(code, message, time) };
    return state === 'SERVING' ? PASSED : { ok: false, message: `service unhealthy (responded with "${state}")` };
  } catch (error) {
    // A kubelet goes on knocking until the time is over.
    if (error instanceof UnreachedError) {
      return { ok: false, message: `timeout: failed to connect service "${ip}:${port}" within ${time}: context deadline exceeded` };
    }
    return {
      ok: false,
      message: signal.aborted ? tooSlowHealth(time) : grpcRefusal(GRPC_CODES.indexOf('Unavailable'), messageOf(error), time),
    };
  }
}

function grpcRefusal(code: number, message: string, time: string): string {
  const name = GRPC_CODES[code] ?? `Code(${code})`;
  if (name === 'Unimplemented') {
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`;
  }
  return name === 'DeadlineExceeded' ? tooSlowHealth(time) : `error: health rpc probe failed: rpc error: code = ${name} desc = ${message}`;
}

function tooSlowHealth(time: string): string {
  return `timeout: health rpc did not complete within ${time}`;
}
