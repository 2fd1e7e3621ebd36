import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/index.ts';
import type { Key, Revision } from '../store.ts';

/** Gives the text of a sealed value. */
export type Unseal = (key: Key, revision: Revision, sealed: string) => string;

const KEY_FILE = 'secret.key';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts values under a key that lies outside the journal. A value is bound to its key and revision: it cannot be moved. */
export class Sealer {
  readonly #path: string;
  readonly #key: Buffer;

  private constructor(path: string, key: Buffer) {
    this.#path = path;
    this.#key = key;
  }

  /** Makes the key file when there is none. */
  static async open(directory: string): Promise<Sealer> {
    const path = join(directory, KEY_FILE);
    const text = (await readKey(path)) ?? (await makeKey(directory, path));
    const key = Buffer.from(text.trim(), 'base64');
    if (key.length !== KEY_BYTES) throw new UserError(`${path} is no key of ${KEY_BYTES} bytes: restore it from a copy`);
    return new Sealer(path, key);
  }

  seal(key: Key, revision: Revision, text: string): string {
    // Not the injected chance: a nonce that repeats would betray the key.
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(boundTo(key, revision));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  unseal(key: Key, revision: Revision, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES)).setAAD(boundTo(key, revision));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      throw new UserError(`${this.#path} is not the key that ${key} was encrypted with: restore the right one from a copy`);
    }
  }
}

function boundTo(key: Key, revision: Revision): Buffer {
  return Buffer.from(`${key}@${revision}`);
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Appears under its name only once it is whole and on disk. */
async function makeKey(directory: string, path: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const text = `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  const draft = `${path}.${process.pid}`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await link(draft, path);
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
  return text;
}
