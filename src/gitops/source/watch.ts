import { relative, sep } from 'node:path';
import { UserError, messageOf } from '../../base/index.ts';
import type { Layout } from './layout.ts';

export interface RefWatch {
  /** Resolves once nothing can be missed any more. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Which paths of a git directory move when a branch does. Everything else in it, and the work tree, is left alone. */
function concernsRefs(gitDir: string, path: string): boolean {
  const steps = relative(gitDir, path).split(sep);
  if (path === gitDir || steps[0] === '') return true;
  if (path.endsWith('.lock')) return false;
  if (steps[0] === 'logs') return steps.length === 1 || (steps.length === 2 && steps[1] === 'HEAD');
  return steps[0] === 'HEAD' || steps[0] === 'packed-refs' || steps[0] === 'refs';
}

/** Tells at once when HEAD or a ref may have moved. It only says "look again": several changes may come as one. */
export function watchRefs(layout: Layout, moved: () => void, failed: (error: UserError) => void): RefWatch {
  const folders = [...new Set([layout.gitDir, layout.commonDir])];
  const opened = open(folders, moved, failed);
  return {
    ready: opened.then(({ ready }) => ready),
    close: async () => (await opened).watcher.close(),
  };
}

async function open(folders: readonly string[], moved: () => void, failed: (error: UserError) => void) {
  const { watch } = await import('chokidar');
  const watcher = watch([...folders], {
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignored: (path) => !folders.some((folder) => path.startsWith(folder) && concernsRefs(folder, path)),
  });
  watcher.on('all', moved);
  watcher.on('error', (error) => failed(new UserError(`the repository cannot be watched: ${messageOf(error)}`)));
  return { watcher, ready: new Promise<void>((resolve) => watcher.once('ready', resolve)) };
}
