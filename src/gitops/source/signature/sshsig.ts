import { createHash, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A signature as `ssh-keygen -Y sign` makes it, taken apart. */
export interface SshSignature {
  /** The public key in SSH's wire form, base64. */
  readonly key: string;
  readonly namespace: string;
  readonly hash: string;
  readonly reserved: Buffer;
  readonly format: string;
  readonly blob: Buffer;
}

const ARMOUR = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/;
const MAGIC = 'SSHSIG';

/** Reads SSH's wire form: numbers and length-prefixed strings. Throws RangeError where it ends too soon. */
class Wire {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  raw(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('ends too soon');
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  number(): number {
    return this.raw(4).readUInt32BE();
  }

  string(): Buffer {
    return this.raw(this.number());
  }

  text(): string {
    return this.string().toString('latin1');
  }
}

/** Undefined for what is no SSH signature, a PGP one for example. */
export function parseSshSignature(armoured: string): SshSignature | undefined {
  const base64 = ARMOUR.exec(armoured.replaceAll('\r', ''))?.[1];
  if (base64 === undefined) return undefined;
  try {
    const wire = new Wire(Buffer.from(base64, 'base64'));
    if (wire.raw(MAGIC.length).toString('latin1') !== MAGIC || wire.number() !== 1) return undefined;
    const key = wire.string().toString('base64');
    const [namespace, reserved, hash] = [wire.text(), wire.string(), wire.text()];
    const signature = new Wire(wire.string());
    return { key, namespace, reserved, hash, format: signature.text(), blob: signature.string() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether the key that the signature names made it over this content. */
export function isSignatureOf({ key, namespace, reserved, hash, format, blob }: SshSignature, content: Uint8Array): boolean {
  if (hash !== 'sha256' && hash !== 'sha512') return false;
  const digest = createHash(hash).update(content).digest();
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    wireString(Buffer.from(namespace)),
    wireString(reserved),
    wireString(Buffer.from(hash)),
    wireString(digest),
  ]);
  try {
    const wire = new Wire(Buffer.from(key, 'base64'));
    return verifyWith(wire.text(), wire, format, signed, blob);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return false;
    throw error;
  }
}

const CURVES: Readonly<Record<string, { crv: string; digest: string; size: number }>> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', digest: 'sha256', size: 32 },
  'ecdsa-sha2-nistp384': { crv: 'P-384', digest: 'sha384', size: 48 },
  'ecdsa-sha2-nistp521': { crv: 'P-521', digest: 'sha512', size: 66 },
};
const RSA_DIGESTS: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };

function verifyWith(type: string, key: Wire, format: string, signed: Buffer, blob: Buffer): boolean {
  if (type === 'ssh-ed25519') {
    return format === type && verify(null, signed, publicKey({ kty: 'OKP', crv: 'Ed25519', x: url(key.string()) }), blob);
  }
  if (type === 'ssh-rsa') {
    const digest = RSA_DIGESTS[format];
    const [e, n] = [key.string(), key.string()];
    return digest !== undefined && verify(digest, signed, publicKey({ kty: 'RSA', e: url(unsigned(e)), n: url(unsigned(n)) }), blob);
  }
  const curve = CURVES[type];
  if (!curve || format !== type) return false;
  key.string();
  const point = key.string();
  const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
  const numbers = new Wire(blob);
  const flat = Buffer.concat([fixed(numbers.string(), curve.size), fixed(numbers.string(), curve.size)]);
  const ecKey = publicKey({ kty: 'EC', crv: curve.crv, x: url(x), y: url(y) });
  return verify(curve.digest, signed, { key: ecKey, dsaEncoding: 'ieee-p1363' }, flat);
}

const publicKey = (key: JsonWebKey): KeyObject => createPublicKey({ key, format: 'jwk' });
const url = (bytes: Buffer) => bytes.toString('base64url');

function wireString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** SSH puts a zero before numbers whose first bit is set. */
function unsigned(number: Buffer): Buffer {
  return number[0] === 0 ? number.subarray(1) : number;
}

function fixed(number: Buffer, size: number): Buffer {
  const bare = unsigned(number);
  if (bare.length > size) throw new RangeError('too long');
  return Buffer.concat([Buffer.alloc(size - bare.length), bare]);
}
