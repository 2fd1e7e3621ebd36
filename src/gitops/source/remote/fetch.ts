import fs from 'node:fs';
import { messageOf, UserError } from '../../../base/index.ts';
import type { Oid } from '../objects.ts';
import { readCredentials } from './credentials.ts';
import { wholePacks } from './files.ts';

export interface Fetching {
  readonly url: string;
  readonly gitDir: string;
  /** A branch, a tag or a commit; the remote's HEAD where none is given. */
  readonly ref: string | undefined;
  /** The file that holds them. */
  readonly credentials: string | undefined;
  /** The ref that follows what is wanted. */
  readonly into: string;
}

const library = () => Promise.all([import('isomorphic-git'), import('isomorphic-git/http/node')]);

/** A remote that hangs must not hang us. */
const DEADLINE = 120_000;

type Asking = Pick<Fetching, 'url' | 'ref' | 'credentials'>;

/** Where the remote has it; undefined while it is empty. */
export async function askTip({ url, ref, credentials }: Asking): Promise<Oid | undefined> {
  const [git] = await library();
  return withAccess({ url, credentials }, async (access) => {
    const served = await git.listServerRefs({ ...access, symrefs: true, peelTags: true });
    return pick(served, ref, url)?.oid;
  });
}

/** Brings the ref to where the remote has it: one short question, and a fetch only where there is something new. */
export async function fetchTip({ url, gitDir, ref, credentials, into }: Fetching): Promise<void> {
  const [git] = await library();
  await withAccess({ url, credentials }, async (access) => {
    const served = await git.listServerRefs({ ...access, symrefs: true, peelTags: true });
    const wanted = pick(served, ref, url);
    if (wanted === undefined) return;
    const known = await git.resolveRef({ fs, gitdir: gitDir, ref: into }).catch(() => undefined);
    if (wanted.oid === known) return;
    if (!(await has(gitDir, wanted.oid))) {
      await git.fetch({
        ...access,
        fs: wholePacks,
        gitdir: gitDir,
        remote: 'origin',
        remoteRef: wanted.name,
        ref: wanted.name,
        singleBranch: wanted.name !== undefined,
        tags: true,
        prune: false,
      });
    }
    if (!(await has(gitDir, wanted.oid))) throw new UserError(`${url} has no commit ${wanted.oid.slice(0, 7)} in any branch or tag`);
    await git.writeRef({ fs, gitdir: gitDir, ref: into, value: wanted.oid, force: true });
  });
}

interface Access {
  readonly http: Http;
  readonly url: string;
  readonly onAuth: () => object;
  readonly onAuthFailure: () => object;
}

async function withAccess<T>({ url, credentials }: Omit<Asking, 'ref'>, ask: (access: Access) => Promise<T>): Promise<T> {
  const [, { default: http }] = await library();
  const given = credentials === undefined ? undefined : await readCredentials(credentials);
  let refused = false;
  const access = {
    http: within(http, DEADLINE),
    url,
    onAuth: () => given ?? { cancel: true },
    onAuthFailure: () => {
      refused = true;
      return { cancel: true };
    },
  };
  try {
    return await ask(access);
  } catch (error) {
    throw explain(error, url, { refused, given: given !== undefined });
  }
}

interface ServedRef {
  readonly ref: string;
  readonly oid: Oid;
  readonly target?: string;
  readonly peeled?: Oid;
}

interface Wanted {
  readonly oid: Oid;
  /** As the remote calls it; undefined for a commit: any branch may lead to it. */
  readonly name: string | undefined;
}

/** Undefined: the repository is empty. */
export function pick(served: readonly ServedRef[], ref: string | undefined, url: string): Wanted | undefined {
  const find = (name: string) => served.find((one) => one.ref === name);
  const named = (found: ServedRef): Wanted => ({ oid: found.peeled ?? found.oid, name: found.ref });
  if (ref === undefined || ref === 'HEAD') {
    const head = find('HEAD');
    const branch = head?.target ? find(head.target) : served.find((one) => one.ref.startsWith('refs/heads/') && one.oid === head?.oid);
    if (branch) return named(branch);
    if (served.length === 0) return undefined;
    throw new UserError(`${url} has no default branch: name one with --ref`);
  }
  for (const name of [ref, `refs/heads/${ref}`, `refs/tags/${ref}`]) {
    const found = find(name);
    if (found) return named(found);
  }
  if (/^[0-9a-f]{40}$/.test(ref)) return { oid: ref, name: undefined };
  if (served.length === 0) return undefined;
  if (/^[0-9a-f]{7,39}$/.test(ref)) throw new UserError(`${url} has no branch or tag ${ref}: name a commit with all of its 40 digits`);
  throw new UserError(`${url} has no branch or tag ${ref} (any more); what was fetched last stays. It has ${listBranches(served)}`);
}

function listBranches(served: readonly ServedRef[]): string {
  const branches = served.flatMap(({ ref }) => (ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : []));
  return branches.length === 0 ? 'no branch' : `the branches ${branches.slice(0, 5).join(', ')}${branches.length > 5 ? ' and others' : ''}`;
}

async function has(gitDir: string, oid: Oid): Promise<boolean> {
  const [git] = await library();
  return git.readCommit({ fs, gitdir: gitDir, oid }).then(
    () => true,
    () => false,
  );
}

type Http = Awaited<ReturnType<typeof library>>[1]['default'];

function within({ request }: Http, ms: number): Http {
  return {
    request: (asked) => {
      const signal = AbortSignal.timeout(ms);
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(new UserError(`no answer within ${ms / 1000} s`)), { once: true }),
      );
      return Promise.race([request(asked), late]);
    },
  };
}

function explain(error: unknown, url: string, { refused, given }: { refused: boolean; given: boolean }): unknown {
  if (error instanceof UserError && error.message.includes(url)) return error;
  if (refused) return new UserError(`${url} refuses the credentials of --git-credentials`);
  const { code, data } = error as { code?: string; data?: { statusCode?: number } };
  if (code === 'UserCanceledError' && !given)
    return new UserError(`${url} asks for credentials: name a file with a token, or USER:PASSWORD, with --git-credentials`);
  if (data?.statusCode === 404) return new UserError(`${url} is no Git repository, or one that needs credentials (HTTP 404)`);
  return new UserError(`${url} cannot be fetched: ${messageOf(error)}`);
}
