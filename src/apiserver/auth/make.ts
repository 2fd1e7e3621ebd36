/** A process of its own, which makes the certificates that are missing: the library behind it is large, and needed once. */
import { text } from 'node:stream/consumers';
import { messageOf, type Millis } from '../../base/index.ts';
import { issueCertificate } from './issue.ts';
import { readAuthority, readLeaf, writePair, type KeyPair, type Leaves } from './pairs.ts';

export interface MakeRequest {
  readonly dir: string;
  readonly leaves: Leaves;
  readonly now: Millis;
}

const DAY = 24 * 60 * 60 * 1000;
const LIFE = { authority: 3650 * DAY, server: 365 * DAY, client: 365 * DAY };

async function make({ dir, leaves, now }: MakeRequest): Promise<void> {
  const authority = await makeAuthority(dir, now);
  for (const [name, wanted] of Object.entries(leaves)) {
    if (await readLeaf(dir, name, wanted, authority, now)) continue;
    await writePair(dir, name, await issueCertificate(wanted, now, LIFE[wanted.use], { authority }));
  }
}

/** Made once: its key stays, so everything that trusts it goes on doing so. */
async function makeAuthority(dir: string, now: Millis): Promise<KeyPair> {
  const found = await readAuthority(dir, now);
  if (found && !found.renew) return found.pair;
  return writePair(dir, 'ca', await issueCertificate({ use: 'authority' }, now, LIFE.authority, found && { key: found.pair.key }));
}

try {
  await make(JSON.parse(await text(process.stdin)) as MakeRequest);
} catch (error) {
  process.stderr.write(messageOf(error));
  process.exitCode = 1;
}
