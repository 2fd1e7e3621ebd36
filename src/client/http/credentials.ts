import { readFileSync } from 'node:fs';
import { UserError, messageOf, type Clock, type Millis } from '../../base/index.ts';
import type { Connection } from './connection.ts';
import { bearer, type Credential } from './credential.ts';
import { runPlugin } from './execplugin.ts';

/** Gives the credential that is in force, and another one when that was refused. */
export interface CredentialSource {
  current(): Promise<Credential>;
  /** False when there is no other one to be had. */
  renew(refused: Credential): Promise<boolean>;
}

export function credentialSource(connection: Connection, clock: Clock): CredentialSource {
  const { exec, tokenFile, cert, key } = connection;
  if (exec) return new RenewedCredentials(async () => ({ ...defined({ cert, key }), ...(await runPlugin(exec, connection)) }), clock);
  if (tokenFile)
    return new RenewedCredentials(async () => ({ ...defined({ cert, key }), authorization: bearer(readToken(tokenFile)) }), clock);
  const fixed = defined({ cert, key, authorization: fixedAuthorization(connection) });
  return { current: async () => fixed, renew: async () => false };
}

function fixedAuthorization({ token, username, password = '' }: Connection): string | undefined {
  if (token) return bearer(token);
  return username ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : undefined;
}

/** So much before it expires it is asked for anew: it must still be good when the server looks at it. */
const LEEWAY: Millis = 10_000;

/** A credential that is asked for once, by however many requests, and anew when it expires or is refused. */
class RenewedCredentials implements CredentialSource {
  readonly #ask: () => Promise<Credential>;
  readonly #clock: Clock;
  #asked: Promise<Credential> | undefined;

  constructor(ask: () => Promise<Credential>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  async current(): Promise<Credential> {
    const held = await (this.#asked ??= this.#begin());
    if (held.expires === undefined || this.#clock.now() < held.expires - LEEWAY) return held;
    return this.#replace(held);
  }

  async renew(refused: Credential): Promise<boolean> {
    return (await this.#replace(refused)) !== refused;
  }

  /** Whoever finds it replaced already takes the new one. */
  async #replace(old: Credential): Promise<Credential> {
    const asked = this.#asked;
    if ((await asked) === old && this.#asked === asked) this.#asked = undefined;
    return (this.#asked ??= this.#begin());
  }

  /** One that failed is not kept. */
  #begin(): Promise<Credential> {
    const asked = this.#ask();
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = undefined;
    });
    return asked;
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UserError(`cannot read the token in ${path}: ${messageOf(error)}`);
  }
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
