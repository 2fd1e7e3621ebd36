/**
 * A process of its own, which makes certificates: the library behind it is large, and needed once. It reads what is wanted
 * from its standard input, and writes what it made to its standard output.
 */
import { text } from 'node:stream/consumers';
import { issueCertificate } from './issue.ts';
import { LIFE } from './lifetimes.ts';
import type { KeyPair, Leaves } from './pairs.ts';
import { signRequest, type SignRequest } from './sign.ts';

export interface MakeRequest {
  readonly now: number;
  /** Whose signature the leaves get; without one an authority is made first. */
  readonly authority?: KeyPair | undefined;
  /** Of an authority that is signed anew. */
  readonly authorityKey?: string | undefined;
  readonly leaves: Leaves;
}

/** A certificate for a key that only who asks has. */
export interface SignTask {
  readonly now: number;
  readonly authority: KeyPair;
  readonly sign: SignRequest;
}

export interface Made {
  readonly authority: KeyPair;
  readonly leaves: Readonly<Record<string, KeyPair>>;
}

async function make({ now, leaves, ...given }: MakeRequest): Promise<Made> {
  const key = given.authorityKey;
  const authority = given.authority ?? (await issueCertificate({ use: 'authority' }, now, LIFE.authority, key ? { key } : {}));
  const made = Object.entries(leaves).map(async ([name, wanted]) => {
    return [name, await issueCertificate(wanted, now, LIFE[wanted.use], { authority })] as const;
  });
  return { authority, leaves: Object.fromEntries(await Promise.all(made)) };
}

try {
  const asked = JSON.parse(await text(process.stdin)) as MakeRequest | SignTask;
  const made = 'sign' in asked ? await signRequest(asked.sign, asked.authority, asked.now) : await make(asked);
  process.stdout.write(JSON.stringify(made));
} catch (error) {
  // A line for whoever asked, and no trace.
  process.stderr.write((error as Error).message);
  process.exitCode = 1;
}
