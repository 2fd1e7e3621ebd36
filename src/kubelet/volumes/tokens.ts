import type { Clock, Millis } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { parseTime, SERVICE_ACCOUNTS, type Pod } from '../../model/index.ts';
import type { TokenWish, VolumeFile } from './content.ts';

/** Of its life, when a token is renewed. */
const RENEWED_AFTER = 0.8;
const RENEWED_AT_LATEST_MS: Millis = 24 * 3_600_000;

interface Token {
  readonly text: string;
  readonly renewAt: Millis;
}

interface TokenAnswer {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

/** The tokens of pods' service accounts, asked for when they are needed and again before they expire. */
export class Tokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #held = new Map<string, Map<string, Token>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async filesFor(pod: Pod, wishes: readonly TokenWish[]): Promise<{ files: Map<string, VolumeFile>; renewAt: Millis | undefined }> {
    const files = new Map<string, VolumeFile>();
    let renewAt: Millis | undefined;
    for (const wish of wishes) {
      const token = await this.#token(pod, wish);
      files.set(wish.path, { content: Buffer.from(token.text), mode: wish.mode, user: wish.user });
      renewAt = Math.min(token.renewAt, renewAt ?? Infinity);
    }
    return { files, renewAt };
  }

  /** The pod is gone. */
  forget(podUid: string): void {
    this.#held.delete(podUid);
  }

  async #token(pod: Pod, wish: TokenWish): Promise<Token> {
    const uid = pod.metadata.uid ?? '';
    const held = this.#held.get(uid) ?? new Map<string, Token>();
    this.#held.set(uid, held);
    const key = `${wish.audience ?? ''} ${wish.expirationSeconds}`;
    const known = held.get(key);
    if (known && known.renewAt > this.#clock.now()) return known;
    const token = await this.#ask(pod, wish);
    held.set(key, token);
    return token;
  }

  async #ask({ metadata, spec }: Pod, { audience, expirationSeconds }: TokenWish): Promise<Token> {
    const { name, namespace, uid } = metadata;
    const account = {
      kind: SERVICE_ACCOUNTS,
      name: spec.serviceAccountName || 'default',
      namespace: namespace ?? 'default',
      subresource: 'token',
    };
    const asked = this.#clock.now();
    const answer = (await this.#client.post(account, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: '' },
      spec: {
        ...(audience ? { audiences: [audience] } : {}),
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    })) as TokenAnswer;
    const expires = parseTime(answer.status?.expirationTimestamp) ?? asked + expirationSeconds * 1000;
    return { text: answer.status?.token ?? '', renewAt: asked + Math.min((expires - asked) * RENEWED_AFTER, RENEWED_AT_LATEST_MS) };
  }
}
