import type { JournalRecord } from '../daemon/index.ts';
import { BUILT_IN_KINDS } from '../model/index.ts';
import { closest, suggest } from './suggest.ts';

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

/** Names that the journal has, to tell what may have been meant. */
export class Names {
  readonly #applications = new Set<string>();
  readonly #objects = new Set<string>();

  add(record: JournalRecord): void {
    if (record.op === 'log') {
      const { application } = (record.fields ?? {}) as PlanFields;
      if (application !== undefined) this.#applications.add(application);
      return;
    }
    const { kind, name } = objectOf(record.key);
    if (kind === 'application') this.#applications.add(name);
    if (kind !== 'event') this.#objects.add(`${kind}/${name}`);
  }

  whyNothing({ app, object }: { readonly app?: string; readonly object?: string }): string {
    if (app !== undefined && !this.#applications.has(app))
      return `the journal knows no application ${app}${suggest(app, this.#applications)}`;
    const wanted = inFull(object ?? '')
      .split('/')
      .slice(-2)
      .join('/');
    const kind = wanted.slice(0, wanted.indexOf('/') + 1);
    const like = closest(
      wanted,
      [...this.#objects].filter((one) => one.startsWith(kind)),
    );
    const ofApp = app === undefined ? '' : ` and ${app}`;
    return `the journal has nothing about ${object}${ofApp}${like === undefined || like === wanted ? '' : `: did you mean ${like}?`}`;
  }
}

/** `deploy/web` as `deployment/web`, in whatever way kubectl would take the kind. */
export function inFull(object: string): string {
  const parts = object.split('/');
  const kind = parts.at(-2)?.toLowerCase();
  const known = kind && BUILT_IN_KINDS.find(({ singular, plural, shortNames }) => [singular, plural, ...shortNames].includes(kind));
  return known ? [...parts.slice(0, -2), known.singular, parts.at(-1)].join('/') : object;
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
