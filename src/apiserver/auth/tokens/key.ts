import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, messageOf } from '../../../base/index.ts';
import { readIfThere, replaceFile } from '../files.ts';

/** What service account tokens are signed with. */
export interface SigningKey {
  /** As Kubernetes names a key: the digest of its public half. */
  readonly id: string;
  readonly secret: KeyObject;
  readonly public: KeyObject;
}

export const ALGORITHM = 'ES256';

const FILE = 'serviceaccount.key';

/** Reads the key of this directory, and makes it once: tokens that it signed stay good over restarts. */
export async function ensureSigningKey(dir: string): Promise<SigningKey> {
  const path = join(dir, FILE);
  const found = await readIfThere(path);
  if (found !== undefined) return readKey(found, path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const made = newSigningKey();
  await replaceFile(path, made.secret.export({ type: 'pkcs8', format: 'pem' }) as string, 0o600);
  return made;
}

export function newSigningKey(): SigningKey {
  return keyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}

function readKey(pem: string, path: string): SigningKey {
  try {
    const secret = createPrivateKey(pem);
    if (secret.asymmetricKeyDetails?.namedCurve === 'prime256v1') return keyOf(secret);
  } catch (error) {
    throw new UserError(`${path} cannot be read as a key (${messageOf(error)}): ${REMEDY}`);
  }
  throw new UserError(`${path} is no key of the curve P-256: ${REMEDY}`);
}

const REMEDY = 'put it back from a copy, or remove it to make a new one; tokens that the old one signed are then refused';

function keyOf(secret: KeyObject): SigningKey {
  const half = createPublicKey(secret);
  return {
    id: createHash('sha256')
      .update(half.export({ type: 'spki', format: 'der' }))
      .digest('base64url'),
    secret,
    public: half,
  };
}
