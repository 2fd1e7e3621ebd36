import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf } from '../../base/index.ts';
import { keyOf, type Ingress, type ObjectKey, type Secret } from '../../model/index.ts';
import { securedHosts } from './secured.ts';

/** The certificates of hosts, as their Secrets hold them now. */
export class Certificates {
  readonly #exact = new Map<string, SecureContext>();
  readonly #wildcard = new Map<string, SecureContext>();
  #anyHost: SecureContext | undefined;
  readonly #contexts = new Map<ObjectKey, { readonly of: Secret; readonly context: SecureContext | string }>();

  /** Reads what the Ingresses ask for. Gives what is wrong with it. */
  update(ingresses: readonly Ingress[], secretOf: (key: ObjectKey) => Secret | undefined): ReadonlyMap<ObjectKey, readonly string[]> {
    const problems = new Map<ObjectKey, readonly string[]>();
    const used = new Set<ObjectKey>();
    this.#exact.clear();
    this.#wildcard.clear();
    this.#anyHost = undefined;
    for (const ingress of ingresses) {
      const owner = keyOf(ingress);
      for (const { hosts, secretName } of securedHosts(ingress)) {
        if (!secretName) continue;
        const key = `${ingress.metadata.namespace}/${secretName}`;
        used.add(key);
        const context = this.#contextOf(key, secretOf(key));
        if (typeof context !== 'string') for (const host of hosts) this.#add(host, context);
        else problems.set(owner, [...(problems.get(owner) ?? []), `TLS for ${hosts.map((host) => host || '*').join(', ')}: ${context}`]);
      }
    }
    for (const key of this.#contexts.keys()) if (!used.has(key)) this.#contexts.delete(key);
    return problems;
  }

  /** Undefined: the server's own certificate has to do. */
  find(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase();
    return this.#exact.get(name) ?? this.#wildcard.get(name.slice(name.indexOf('.') + 1)) ?? this.#anyHost;
  }

  #add(host: string, context: SecureContext): void {
    if (host === '') this.#anyHost = context;
    else if (host.startsWith('*.')) this.#wildcard.set(host.slice(2), context);
    else this.#exact.set(host, context);
  }

  #contextOf(key: ObjectKey, secret: Secret | undefined): SecureContext | string {
    if (!secret) return `the Secret ${key} is not there`;
    const known = this.#contexts.get(key);
    if (known?.of === secret) return known.context;
    const context = contextFrom(key, secret);
    this.#contexts.set(key, { of: secret, context });
    return context;
  }
}

function contextFrom(key: ObjectKey, { data = {} }: Secret): SecureContext | string {
  const read = (name: string) => (data[name] === undefined ? undefined : Buffer.from(data[name], 'base64'));
  const [cert, privateKey] = [read('tls.crt'), read('tls.key')];
  if (!cert || !privateKey) return `the Secret ${key} has no tls.crt or no tls.key`;
  try {
    return createSecureContext({ cert, key: privateKey });
  } catch (error) {
    return `the Secret ${key} holds no usable certificate: ${messageOf(error)}`;
  }
}
