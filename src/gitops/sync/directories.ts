import type { RenderedDirectory } from '../desired/applications.ts';
import { declaredIn, type DeclaredApplication } from '../desired/declared.ts';
import { ReadAhead } from '../render/ahead.ts';
import type { RenderCache } from '../render/cache.ts';
import { render } from '../render/render.ts';
import type { Directory, Snapshot } from '../source/snapshot.ts';

export interface ReadDirectory extends RenderedDirectory {
  readonly declared: readonly DeclaredApplication[];
}

/** By path. */
export type Directories = ReadonlyMap<string, ReadDirectory>;

/** Renders what is not as it was last, and finds the Applications in it. */
export async function readDirectories(snapshot: Snapshot, last: Directories, cache: RenderCache): Promise<Directories> {
  const isKnown = ({ path, tree }: Directory) => last.get(path)?.tree === tree;
  const ahead = new ReadAhead(
    snapshot.directories.filter((directory) => !isKnown(directory)),
    cache,
  );
  const directories = new Map<string, ReadDirectory>();
  try {
    for (const directory of snapshot.directories) {
      const { path, tree } = directory;
      if (isKnown(directory)) directories.set(path, last.get(path)!);
      else {
        const rendered = await render(directory, cache, ahead);
        directories.set(path, { path, tree, rendered, declared: await declaredIn(rendered.objects) });
      }
    }
  } finally {
    await ahead.close();
  }
  return directories;
}
