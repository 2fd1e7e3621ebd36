import { createHash, createHmac } from 'node:crypto';
import { canonicalJson, isRecord } from '../base/index.ts';
import type { KubeObject, Manifest } from '../model/index.ts';

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
    let covered: Manifest = object as unknown as Manifest;
    for (const member of SECRET_MEMBERS) {
      const values = covered[member];
      if (isRecord(values))
        covered = {
          ...covered,
          [member]: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, this.#mark(member, value)])),
        };
    }
    if (covered.metadata.annotations?.[LAST_APPLIED] !== undefined) {
      const { [LAST_APPLIED]: _, ...annotations } = covered.metadata.annotations;
      covered = { ...covered, metadata: { ...covered.metadata, annotations } };
    }
    return covered as unknown as T;
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

  /** `data` and `stringData` of the same value get the same mark. */
  #mark(member: string, value: unknown): string {
    return `${MASK} ${createHmac('sha256', this.#key).update(plainText(member, value)).digest('hex').slice(0, 6)}`;
  }
}

function plainText(member: string, value: unknown): string {
  return member === 'data' ? Buffer.from(String(value), 'base64').toString() : String(value);
}

export function isSecret({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Secret' && apiVersion === 'v1';
}
