import { isSignatureOf, parseSshSignature } from './sshsig.ts';
import type { Signer } from './signers.ts';

/** A commit as its signature is about it. */
export interface SignedCommit {
  readonly oid: string;
  readonly seconds: number;
  readonly author: string;
  /** As the commit carries it; undefined for an unsigned one. */
  readonly signature: string | undefined;
  /** The commit's bytes without the signature: what was signed. */
  readonly content: Uint8Array;
}

/** Why a commit must not be taken; undefined for one that may be. */
export type CommitJudge = (commit: SignedCommit) => string | undefined;

/** Takes what one of the signers has signed. The tip's signature covers all that the tip contains, whoever wrote it. */
export function judgeBySigners(signers: readonly Signer[]): CommitJudge {
  return (commit) => {
    const why = whyRefused(commit, signers);
    return why && `commit ${commit.oid.slice(0, 7)} of ${commit.author} is not taken: ${why}`;
  };
}

function whyRefused({ signature, content, seconds }: SignedCommit, signers: readonly Signer[]): string | undefined {
  if (signature === undefined) return 'it is not signed, and only signed commits are allowed here ("git commit -S" signs one)';
  const parsed = parseSshSignature(signature);
  if (!parsed) return 'it is not signed with an SSH key, and only those are allowed here';
  if (parsed.namespace !== 'git') return `its signature is for ${parsed.namespace}, not for git`;
  const known = signers.filter(({ key }) => key === parsed.key);
  if (known.length === 0) return 'the key that signed it is not among the allowed signers';
  const at = seconds * 1000;
  if (!known.some(({ after = -Infinity, before = Infinity }) => after <= at && at < before))
    return 'the key that signed it was not valid at its time';
  return isSignatureOf(parsed, content) ? undefined : 'its signature does not fit its content';
}
