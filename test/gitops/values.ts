import { createHash } from 'node:crypto';
import { deepFreeze } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import type { Commit, Snapshot } from '../../src/gitops/index.ts';
import { BUILT_IN_KINDS, KindRegistry, type Manifest } from '../../src/model/index.ts';

export const COMMIT: Commit = {
  oid: '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d',
  short: '1a2b3c4',
  author: { name: 'Ada', email: 'ada@example.com' },
  time: Date.parse('2026-01-01T00:00:00Z'),
  message: 'change it',
  subject: 'change it',
};

const idOf = (content: unknown) => createHash('sha1').update(JSON.stringify(content)).digest('hex');

/** A snapshot of these files without a repository. */
export function snapshotOf(files: Readonly<Record<string, string>>, commit: Commit = COMMIT): Snapshot {
  const paths = new Map<string, [string, string][]>();
  for (const [path, text] of Object.entries(files)) {
    const top = path.includes('/') ? path.split('/', 1)[0]! : '.';
    paths.set(top, [...(paths.get(top) ?? []), [path, text]]);
  }
  const directories = [...paths].map(([path, entries]) => ({
    path,
    tree: idOf(entries),
    files: entries.map(([file, text]) => ({ path: file, blob: idOf(text), read: async () => ({ text }) })),
    problems: [],
  }));
  const treeOf = async (path: string) => {
    const below = Object.entries(files).filter(([file]) => file.startsWith(`${path}/`));
    return below.length > 0 ? idOf(below) : undefined;
  };
  return { commit, tree: idOf(files), directories, treeOf };
}

const registry = new KindRegistry(BUILT_IN_KINDS);

/** Knows the built-in kinds, and counts how often it is asked. */
export class KindsOnly implements Pick<Client, 'kindOf'> {
  asked = 0;

  async kindOf(apiVersion: string, kind: string) {
    this.asked++;
    return registry.byApiVersion(apiVersion, kind);
  }
}

export function manifest(kind: string, name: string, rest: Readonly<Record<string, unknown>> = {}, apiVersion = 'v1'): Manifest {
  const { metadata, ...content } = rest as { metadata?: object };
  return deepFreeze({ apiVersion, kind, metadata: { name, namespace: 'default', ...metadata }, ...content }) as Manifest;
}
