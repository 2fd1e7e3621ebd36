import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/index.ts';
import type { FieldsV1, InventoryItem, KubeObject } from '../../model/index.ts';
import { ownership } from './changes.ts';

const digests = new WeakMap<FieldsV1, string>();
/** By the text as it comes: after a restart each object has a field set of its own, and most are alike. */
const digestsOfTexts = new Map<string, string>();
const MOST_TEXTS = 2_000;

/** Field sets are interned by the server, so each is digested once. */
function digestOf(fields: FieldsV1): string {
  let digest = digests.get(fields);
  if (digest === undefined) digests.set(fields, (digest = digestOfText(fields)));
  return digest;
}

function digestOfText(fields: FieldsV1): string {
  const text = JSON.stringify(fields);
  let digest = digestsOfTexts.get(text);
  if (digest === undefined) {
    digest = createHash('sha256').update(canonicalJson(fields)).digest('hex').slice(0, 12);
    if (digestsOfTexts.size >= MOST_TEXTS) digestsOfTexts.clear();
    digestsOfTexts.set(text, digest);
  }
  return digest;
}

/**
 * Stands for "this manifest is what the object has". Whoever changes one of our fields takes it out of our field set,
 * so an equal manifest and an equal field set need no dry run. Undefined: we own nothing of the object.
 */
export function syncDigest(manifestDigest: string, live: KubeObject): string | undefined {
  const fields = ownership(live);
  return fields && `${manifestDigest}.${digestOf(fields)}`;
}

export function isInSync(item: InventoryItem, live: KubeObject, manifestDigest: string): boolean {
  return item.digest !== undefined && item.uid === live.metadata.uid && item.digest === syncDigest(manifestDigest, live);
}

/** Whether someone changed what was applied, as far as the inventory can tell without the manifest. */
export function hasDrifted(item: InventoryItem, live: KubeObject | undefined): boolean {
  if (!live || live.metadata.uid !== item.uid) return true;
  return item.digest !== syncDigest(item.digest?.split('.')[0] ?? '', live);
}
