import { isRecord, Memory } from '../../base/index.ts';
import type { ObjectMeta } from '../../model/index.ts';

/** Those that were written out last: the pods of a template share its spec and what their controller owns, versions share most. */
const MANY_PARTS = 2000;
const LARGEST_PART = 4096;
const parts = new Memory<object, string>(MANY_PARTS);

/** The JSON text of an object whose metadata is in order. What came up in another one lately is not written out again. */
export function textOf(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value);
  let text = '';
  for (const name in value) {
    const member = memberText(name, value[name]);
    if (member !== undefined) text += `${text && ','}${JSON.stringify(name)}:${member}`;
  }
  return `{${text}}`;
}

function memberText(name: string, member: unknown): string | undefined {
  if (name === 'spec' && isRecord(member)) return partText(member);
  return name === 'metadata' && isRecord(member) ? metadataText(member as unknown as ObjectMeta) : JSON.stringify(member);
}

/** An object has a name, and its managed fields come last. */
function metadataText(metadata: ObjectMeta): string {
  const { managedFields } = metadata;
  if (!managedFields?.length) return JSON.stringify(metadata);
  const others = JSON.stringify({ ...metadata, managedFields: undefined });
  return `${others.slice(0, -1)},"managedFields":[${managedFields.map(partText).join(',')}]}`;
}

function partText(part: object): string {
  const known = parts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  if (text.length > LARGEST_PART) return text;
  parts.set(part, text);
  return text;
}
