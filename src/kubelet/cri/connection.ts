import type { ChannelCredentials, Client, ClientOptions, ClientReadableStream, Metadata, ServiceError } from '@grpc/grpc-js';
import { fileURLToPath } from 'node:url';
import type { ImageCalls, RuntimeCalls } from './messages.ts';

/** The calls of a service as functions. */
type Calls<Service> = {
  readonly [Name in keyof Service]: Service[Name] extends [infer Request, infer Response]
    ? (request: Request, options?: CallOptions) => Promise<Response>
    : never;
};

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A runtime's socket. */
export interface Connection {
  readonly runtime: Calls<RuntimeCalls>;
  readonly images: Calls<ImageCalls>;
  /** containerd's own: the ids of containers and sandboxes that ended, until the signal. Throws when the stream breaks. */
  exits(signal: AbortSignal): AsyncIterable<string>;
  /** containerd's own. */
  kill(containerId: string, signal: number): Promise<void>;
  close(): void;
}

/** What the runtime answered instead of doing it. */
export class CriError extends Error {
  readonly code: CriCode;

  constructor(code: CriCode, message: string) {
    super(message);
    this.name = 'CriError';
    this.code = code;
  }
}

export type CriCode = 'NotFound' | 'Unimplemented' | 'Unavailable' | 'Other';

const CODES: Readonly<Record<number, CriCode>> = { 5: 'NotFound', 12: 'Unimplemented', 14: 'Unavailable' };

const PROTOCOL = ['cri', 'events', 'tasks'].map((name) => fileURLToPath(new URL(`protocol/${name}.proto`, import.meta.url)));

/** As containerd names the place of Kubernetes' containers. */
const NAMESPACE = 'k8s.io';

/** Large enough for the output of a command that is awaited to its end. */
const LARGEST_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Connects to a socket. Nothing is asked yet: the first call tells whether somebody answers. */
export async function connectRuntime(socket: string): Promise<Connection> {
  const [grpc, { loadSync }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
  const packages = grpc.loadPackageDefinition(loadSync(PROTOCOL, { longs: Number, enums: String, defaults: true })) as unknown as Packages;
  const open = (Service: ServiceConstructor) =>
    new Service(`unix:${socket}`, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': LARGEST_MESSAGE_BYTES,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
  const runtime = open(packages.runtime.v1.RuntimeService);
  const images = open(packages.runtime.v1.ImageService);
  const events = open(packages.containerd.services.events.v1.Events);
  const tasks = open(packages.containerd.services.tasks.v1.Tasks);
  const inNamespace = new grpc.Metadata();
  inNamespace.set('containerd-namespace', NAMESPACE);
  const plain = new grpc.Metadata();
  return {
    runtime: callsOf<RuntimeCalls>(runtime, plain),
    images: callsOf<ImageCalls>(images, plain),
    kill: async (containerId, signal) => void (await call(tasks, 'kill', { containerId, signal }, inNamespace)),
    exits: (signal) => exitsOf(events, inNamespace, signal),
    close: () => {
      for (const client of [runtime, images, events, tasks]) client.close();
    },
  };
}

interface Packages {
  readonly runtime: { readonly v1: Readonly<Record<'RuntimeService' | 'ImageService', ServiceConstructor>> };
  readonly containerd: {
    readonly services: {
      readonly events: { readonly v1: { readonly Events: ServiceConstructor } };
      readonly tasks: { readonly v1: { readonly Tasks: ServiceConstructor } };
    };
  };
}

type ServiceConstructor = new (address: string, credentials: ChannelCredentials, options: ClientOptions) => Client;

function callsOf<Service>(client: Client, metadata: Metadata): Calls<Service> {
  const one = (_: unknown, name: string) => (request: object, options?: CallOptions) => call(client, name, request, metadata, options);
  return new Proxy({}, { get: one }) as Calls<Service>;
}

function call(client: Client, name: string, request: object, metadata: Metadata, options: CallOptions = {}): Promise<object> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const ask = (client as unknown as Record<string, Ask>)[name]!.bind(client);
    const under = ask(request, metadata, (error, response) => {
      signal?.removeEventListener('abort', stop);
      if (!error) resolve(response!);
      else reject(signal?.aborted ? (signal.reason as Error) : asCriError(error));
    });
    const stop = () => under.cancel();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

type Ask = (request: object, metadata: Metadata, done: (error: ServiceError | null, response?: object) => void) => { cancel(): void };

interface ExitEnvelope {
  readonly event: { readonly value: { readonly containerId: string; readonly id: string } };
}

async function* exitsOf(events: Client, metadata: Metadata, signal: AbortSignal): AsyncGenerator<string> {
  const subscribe = (events as unknown as { subscribe: (request: object, metadata: Metadata) => ClientReadableStream<ExitEnvelope> })
    .subscribe;
  const stream = subscribe.call(events, { filters: ['topic=="/tasks/exit"'] }, metadata);
  const stop = () => stream.cancel();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const { event } of stream as AsyncIterable<ExitEnvelope>) {
      if (event.value.containerId === event.value.id) yield event.value.id;
    }
  } catch (error) {
    if (!signal.aborted) throw asCriError(error as ServiceError);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.cancel();
  }
}

function asCriError(error: ServiceError): CriError {
  return new CriError(CODES[error.code] ?? 'Other', error.details || error.message);
}

/** What is to be ended or removed may be so already. */
export function unlessGone(error: unknown): void {
  if (!(error instanceof CriError && error.code === 'NotFound')) throw error;
}
