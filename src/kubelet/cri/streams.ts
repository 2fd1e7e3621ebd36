import type { Duplex } from 'node:stream';
import { http } from '../../base/index.ts';
import type { ExecStreams } from '../runtime.ts';
import { SpdyConnection, type SpdyStream } from '../streams/spdyconnection.ts';

/** Of Kubernetes' protocols for remote commands the newest that every runtime speaks. */
const COMMAND_PROTOCOL = 'v4.channel.k8s.io';
const FORWARD_PROTOCOL = 'portforward.k8s.io';

/** Carries a command's streams to and from the address that the runtime named for it; resolves with the exit code. */
export async function carryCommand(url: string, streams: ExecStreams, signal: AbortSignal): Promise<number> {
  const connection = await connectStream(url, COMMAND_PROTOCOL, signal);
  const stop = () => connection.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    // The runtime waits until all streams are there, each in its place.
    const errors = connection.open({ streamType: 'error' });
    const stdin = streams.stdin && connection.open({ streamType: 'stdin' });
    const stdout = connection.open({ streamType: 'stdout' });
    const stderr = streams.terminal ? undefined : connection.open({ streamType: 'stderr' });
    const resize = streams.terminal && connection.open({ streamType: 'resize' });
    if (stdin && streams.stdin) void send(stdin, streams.stdin);
    if (resize && streams.terminal) void sendSizes(resize, streams.terminal);
    const [outcome] = await Promise.all([
      textOf(errors),
      pass(stdout, (chunk) => streams.stdout(chunk)),
      stderr ? pass(stderr, (chunk) => streams.stderr(chunk)) : undefined,
    ]);
    signal.throwIfAborted();
    return exitCodeOf(outcome);
  } catch (error) {
    throw signal.aborted ? (signal.reason as Error) : error;
  } finally {
    signal.removeEventListener('abort', stop);
    connection.close();
  }
}

/** Writes to a container's input until there is no more. */
export async function carryInput(url: string, input: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const connection = await connectStream(url, COMMAND_PROTOCOL, signal);
  const stop = () => connection.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const errors = connection.open({ streamType: 'error' });
    await send(connection.open({ streamType: 'stdin' }), input);
    // The runtime answers when it has passed on what it got.
    await textOf(errors);
  } finally {
    signal.removeEventListener('abort', stop);
    connection.close();
  }
}

let requests = 0;

/** One connection to a port of the pod. */
export async function carryConnection(url: string, port: number): Promise<Duplex> {
  const connection = await connectStream(url, FORWARD_PROTOCOL, new AbortController().signal);
  const about = { port: String(port), requestID: String(requests++) };
  const errors = connection.open({ streamType: 'error', ...about });
  errors.end();
  const data = connection.open({ streamType: 'data', ...about }, textOf(errors));
  data.once('close', () => connection.close());
  return data;
}

function connectStream(url: string, protocol: string, signal: AbortSignal): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method: 'POST',
      headers: { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocol },
      signal,
    });
    request.once('upgrade', (_, socket, head) => resolve(new SpdyConnection(socket, head)));
    request.once('response', (response) => {
      response.resume();
      reject(new Error(`the container runtime refused the stream with status ${response.statusCode}`));
    });
    request.once('error', reject);
    request.end();
  });
}

async function send(stream: SpdyStream, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    await stream.send(chunk);
  }
  stream.end();
}

async function sendSizes(stream: SpdyStream, sizes: NonNullable<ExecStreams['terminal']>): Promise<void> {
  for await (const { columns, rows } of sizes) {
    if (stream.destroyed) return;
    await stream.send(Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
  }
}

async function pass(stream: SpdyStream, to: (chunk: Uint8Array) => unknown): Promise<void> {
  for await (const chunk of stream as AsyncIterable<Uint8Array>) await to(chunk);
}

async function textOf(stream: SpdyStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  await pass(stream, (chunk) => chunks.push(chunk));
  return Buffer.concat(chunks).toString();
}

interface Outcome {
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

function exitCodeOf(text: string): number {
  if (text === '') throw new Error('the container runtime ended the stream without a word');
  const { status, message = 'the command ended, nobody knows how', details } = JSON.parse(text) as Outcome;
  if (status === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code === undefined) throw new Error(message);
  return Number(code);
}
