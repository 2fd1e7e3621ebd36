import { createHash, createHmac } from 'node:crypto';
import { canonicalJson, isRecord } from '../base/index.ts';
import type { KubeObject, Manifest, ObjectMeta } from '../model/index.ts';

const MASK = '•••';
const SECRET_MEMBERS = ['data', 'stringData'] as const;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Shorter values are too common as parts of other words to be taken out of a message. */
const SHORTEST_SCRUBBED = 3;

/**
 * Stands between Secrets and everything that people or logs see. Marks are keyed: they show that a value changed, and
 * tell nothing about it to whoever has not the key.
 */
export class Veil {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** The object with its secret values replaced by marks; every other object as it is. */
  cover<T extends KubeObject>(object: T): T {
    if (!isSecret(object)) return object;
    const secret = object as unknown as Manifest;
    const masked = SECRET_MEMBERS.filter((member) => isRecord(secret[member])).map((member) => [
      member,
      this.#maskAll(member, secret[member]),
    ]);
    return { ...secret, ...Object.fromEntries(masked), metadata: withoutLastApplied(secret.metadata) } as unknown as T;
  }

  /** A digest of a value that belongs to the object: keyed where it could be used to guess a Secret. */
  digest(object: KubeObject, value: unknown): string {
    const text = canonicalJson(value);
    const hash = isSecret(object) ? createHmac('sha256', this.#key) : createHash('sha256');
    return hash.update(text).digest('hex').slice(0, 24);
  }

  /** A message about the object without any of its secret values, as they are written or decoded. */
  scrub(object: KubeObject, message: string): string {
    if (!isSecret(object)) return message;
    let clean = message;
    for (const member of SECRET_MEMBERS) {
      const values = (object as unknown as Manifest)[member];
      for (const value of isRecord(values) ? Object.values(values) : []) {
        for (const form of [String(value), plainText(member, value)]) {
          if (form.length >= SHORTEST_SCRUBBED) clean = clean.replaceAll(form, MASK);
        }
      }
    }
    return clean;
  }

  #maskAll(member: string, values: unknown): Record<string, string> {
    return Object.fromEntries(Object.entries(values as object).map(([name, value]) => [name, this.#mark(member, value)]));
  }

  /** `data` and `stringData` of the same value get the same mark. */
  #mark(member: string, value: unknown): string {
    return `${MASK} ${createHmac('sha256', this.#key).update(plainText(member, value)).digest('hex').slice(0, 6)}`;
  }
}

function withoutLastApplied(metadata: ObjectMeta): ObjectMeta {
  if (metadata.annotations?.[LAST_APPLIED] === undefined) return metadata;
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations;
  return { ...metadata, annotations };
}

function plainText(member: string, value: unknown): string {
  return member === 'data' ? Buffer.from(String(value), 'base64').toString() : String(value);
}

export function isSecret({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}
