import { UserError } from '../../base/index.ts';
import type { FieldPath, Manifest } from '../../model/index.ts';
import { Pace } from '../pace.ts';
import type { Directory, SnapshotFile } from '../source/snapshot.ts';
import { byPlace, type Problem } from '../problem.ts';
import { ReadAhead } from './ahead.ts';
import type { RenderCache } from './cache.ts';
import { locate, type FileObject, type Place, type RenderedFile } from './file.ts';

/** Where an object comes from. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  /** The places of some of its fields: the file is read again, so ask only for what is shown. */
  find(fields: readonly FieldPath[]): Promise<readonly Place[]>;
}

export interface RenderedObject {
  readonly object: Manifest;
  readonly origin: Origin;
}

export interface Rendered {
  readonly objects: readonly RenderedObject[];
  /** Every one that there is, in the order of the files. */
  readonly problems: readonly Problem[];
  /** Files that gave less than they may hold, with their text where it can be read. */
  readonly unread: readonly { readonly file: string; readonly text: string | undefined }[];
}

/** How much text is parsed before the loop gets a turn: 1 ms of work, or 4 where the text is unusual. */
const BYTES_PER_TURN = 20_000;
/** In such bytes: it may come as text from the archive. */
const COST_OF_KNOWN = 60;
/** One for all directories: many small ones in a row hold the loop like a large one. */
const pace = new Pace(BYTES_PER_TURN);

/** All objects of a directory. */
export async function render(directory: Directory, cache: RenderCache, ahead = new ReadAhead([directory], cache)): Promise<Rendered> {
  const objects: RenderedObject[] = [];
  const problems: Problem[] = [...directory.problems];
  const unread: { file: string; text: string | undefined }[] = directory.problems.map(({ file }) => ({ file, text: undefined }));
  for (const file of directory.files) {
    const { rendered, cost } = await contentOf(file, cache, ahead);
    for (const object of placedObjects(file, rendered)) objects.push(object);
    if (rendered.problems.length > 0) {
      for (const problem of rendered.problems) problems.push({ file: file.path, ...problem });
      const content = await file.read();
      unread.push({ file: file.path, text: 'text' in content ? content.text : undefined });
    }
    await pace.spend(cost);
  }
  return { objects, problems: problems.toSorted(byPlace), unread };
}

async function contentOf(file: SnapshotFile, cache: RenderCache, ahead: ReadAhead): Promise<{ rendered: RenderedFile; cost: number }> {
  const known = cache.get(file.blob);
  if (known) return { rendered: known, cost: COST_OF_KNOWN };
  const { rendered, bytes } = await ahead.render(file);
  return { rendered: cache.put(file.blob, rendered, bytes), cost: bytes };
}

const placed = new WeakMap<RenderedFile, { readonly path: string; readonly objects: readonly RenderedObject[] }>();

/** What a file gave, with its place. Of a file that stayed as it was it is the same value, so that nothing is made anew of it. */
function placedObjects(file: SnapshotFile, rendered: RenderedFile): readonly RenderedObject[] {
  const known = placed.get(rendered);
  if (known?.path === file.path) return known.objects;
  const objects = rendered.objects.map((found) => ({ object: found.object, origin: originOf(file, found) }));
  placed.set(rendered, { path: file.path, objects });
  return objects;
}

function unlessUnreadable(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}

function originOf(file: SnapshotFile, found: FileObject): Origin {
  const { line } = found;
  return {
    file: file.path,
    line,
    find: async (fields) => {
      // Places are for showing: a repository that is out of reach keeps nothing from being put back.
      const content = await file.read().catch(unlessUnreadable);
      return content && 'text' in content ? locate(content.text, found, fields) : fields.map(() => ({ line, column: 1 }));
    },
  };
}
