import type { JournalRecord } from '../daemon/index.ts';

type Match = (record: JournalRecord) => boolean;

interface KnownObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface PlanFields {
  readonly application?: string;
  readonly steps?: readonly { readonly kind: string; readonly namespace?: string; readonly name: string }[];
}

/**
 * Whether a record concerns an application: what was logged of it, its objects, what controllers made of these, and the
 * events about them. It learns what belongs to it as it reads on, so give it the journal from its beginning.
 */
export function ofApplication(application: string): Match {
  const known = new Map<string, KnownObject>();
  const learn = (object: KnownObject) => void known.set(`${object.kind}/${object.namespace}/${object.name}`, object);
  learn({ kind: 'application', namespace: 'slipway-system', name: application });
  const isKnown = ({ kind, namespace, name }: KnownObject) => known.has(`${kind}/${namespace}/${name}`);
  const isBelow = (namespace: string, name: string) =>
    [...known.values()].some((owner) => owner.namespace === namespace && (owner.name === name || name.startsWith(`${owner.name}-`)));
  return (record) => {
    if (record.op === 'log') {
      const fields = (record.fields ?? {}) as PlanFields;
      if (fields.application !== application) return false;
      for (const { kind, namespace = '', name } of fields.steps ?? []) learn({ kind: kind.toLowerCase(), namespace, name });
      return true;
    }
    const object = objectOf(record.key);
    const text = record.op === 'put' ? record.text : undefined;
    if (text?.includes(`"slipway.dev/application":"${application}"`)) learn(object);
    if (object.kind === 'event') {
      const about = involved(text);
      return about !== undefined && isBelow(about.namespace ?? '', about.name ?? '');
    }
    if (text?.includes('"ownerReferences"') && isBelow(object.namespace, object.name)) learn(object);
    return isKnown(object);
  };
}

/** What a person reads to learn what happened: not each write, but what was said. */
export function isTold(record: JournalRecord): boolean {
  if (record.op === 'log') return record.event !== 'audit';
  return record.op === 'put' && record.text !== undefined && objectOf(record.key).kind === 'event';
}

export function formatTold(record: JournalRecord): string {
  if (record.op === 'log') return `${record.at}  ${record.event.padEnd(10)} ${record.message}`;
  const { type, reason, message, count } = JSON.parse(record.op === 'put' ? record.text! : '{}') as Record<string, unknown>;
  const about = involved(record.op === 'put' ? record.text : undefined);
  const times = typeof count === 'number' && count > 1 ? ` (${count} times)` : '';
  const where = about?.namespace ? `${about.namespace}/` : '';
  return `${record.at}  ${String(type).toLowerCase().padEnd(10)} ${about?.kind} ${where}${about?.name}: ${reason}: ${message}${times}`;
}

function involved(text: string | undefined): Partial<KnownObject> | undefined {
  if (text === undefined) return undefined;
  const { involvedObject, regarding } = JSON.parse(text) as Record<string, Partial<KnownObject> | undefined>;
  return involvedObject ?? regarding;
}

/** `apps/deployments/default/web`: the kind by its plural, as far as English goes. */
function objectOf(key: string): KnownObject {
  const [, plural = '', ...rest] = key.split('/');
  const kind = plural
    .replace(/ies$/, 'y')
    .replace(/(ss|x)es$/, '$1')
    .replace(/s$/, '');
  return { kind, namespace: rest.length > 1 ? rest[0]! : '', name: rest.at(-1) ?? '' };
}
