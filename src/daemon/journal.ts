import { UserError } from '../base/index.ts';
import { readJournal, type JournalRecord, type ReadOptions } from '../store/index.ts';
import type { DataDir } from './datadir.ts';

/** One record as a line for programs. Of what is sealed it says only that it is. */
export function journalLine({ text, ...record }: JournalRecord): string {
  const line = JSON.stringify('sealed' in record ? { ...record, sealed: true } : record);
  return text === undefined ? line : `${line.slice(0, -1)},"value":${text}}`;
}

/** What is read of a journal over the API. */
export const journalLines = ({ journal }: DataDir) =>
  async function* (options: ReadOptions): AsyncIterable<string> {
    for await (const record of readJournal(journal, options)) yield journalLine(record);
  };

/** One record of the journal as a line for people. */
export function formatRecord(record: JournalRecord): string {
  if (record.op === 'log') return `${record.at}  ${record.event.padEnd(10)} ${record.message}`;
  const verb = record.op === 'delete' ? 'deleted' : record.created === record.revision ? 'created' : (record.verb ?? 'updated');
  const because = record.because ? `  (${record.because})` : '';
  return `${record.at}  ${verb.padEnd(10)} ${shortKey(record.key)}  by ${record.by}${because}${eventText(record)}`;
}

/** `core/events/default/web.17ab` says little: what the event says is shown instead. */
function eventText(record: JournalRecord): string {
  if (record.op !== 'put' || record.text === undefined || !record.key.startsWith('core/events/')) return '';
  const { type, reason, message } = JSON.parse(record.text) as { type?: string; reason?: string; message?: string };
  return `: ${type} ${reason}: ${message}`;
}

/** `deployments/default/web`: without the group, which seldom matters to a reader. */
function shortKey(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

/** Whether a record concerns `KIND/NAME` or `NAMESPACE/KIND/NAME`: changes of the object, events about it, what was logged of it. */
export function matchesObject(wanted: string): (record: JournalRecord) => boolean {
  const parts = wanted.toLowerCase().split('/');
  const [kind, name] = parts.slice(-2);
  if (!kind || !name || parts.length > 3) throw new UserError(`--object ${wanted}: expected KIND/NAME, such as deployment/web`);
  const namespace = parts.length === 3 ? parts[0] : undefined;
  return (record) => {
    if (record.op === 'log') {
      const { resource, name: audited, namespace: place, object, steps } = record.fields ?? {};
      if (Array.isArray(steps) && steps.some((step) => isStepOf(step as LoggedStep, kind, name, namespace))) return true;
      if (typeof object === 'string' && isCalled(object, kind, name, namespace)) return true;
      const isAudited = typeof resource === 'string' && isPluralOf(resource.split(/[./]/)[0]!, kind) && audited === name;
      if (isAudited && (namespace === undefined || place === namespace)) return true;
      return record.message.toLowerCase().includes(`${kind}/${name}`);
    }
    const [, plural, ...rest] = record.key.split('/');
    if (plural === 'events' && record.op === 'put' && record.text) {
      const { involvedObject: about } = JSON.parse(record.text) as {
        involvedObject?: { kind?: string; name?: string; namespace?: string };
      };
      return about?.kind?.toLowerCase() === kind && about.name === name && (namespace === undefined || about.namespace === namespace);
    }
    return isPluralOf(plural!, kind) && rest.at(-1) === name && (namespace === undefined || rest[0] === namespace);
  };
}

interface LoggedStep {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

function isStepOf(step: LoggedStep, kind: string, name: string, namespace: string | undefined): boolean {
  return step.kind?.toLowerCase() === kind && step.name === name && (namespace === undefined || step.namespace === namespace);
}

/** `Deployment default/web`, as drift names it. */
function isCalled(object: string, kind: string, name: string, namespace: string | undefined): boolean {
  const [called, place = ''] = object.toLowerCase().split(' ', 2);
  const parts = place.split('/');
  return called === kind && parts.at(-1) === name && (namespace === undefined || parts[0] === namespace);
}

const isPluralOf = (plural: string, kind: string) =>
  plural === kind || plural === `${kind}s` || plural === `${kind}es` || plural === `${kind.slice(0, -1)}ies`;
