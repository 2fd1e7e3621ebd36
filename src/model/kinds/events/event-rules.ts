import { qualifiedName } from '../../meta/index.ts';
import type { NewEvent } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { immutable } from '../rules/metadata.ts';

const LONGEST_WORD = 128;
const LONGEST_NOTE = 1024;
/** The namespaces in which events about things that are in none are kept. */
const FOR_CLUSTER: ReadonlySet<string> = new Set(['default', 'kube-system']);

const NEVER_CHANGED = ['regarding', 'related', 'reason', 'action', 'note', 'type', 'eventTime', 'reportingController', 'reportingInstance'] as const; // prettier-ignore

/** The newer form asks for more: who says it, and what was done. */
export function validateNewEvent(event: NewEvent, old?: NewEvent): FieldProblem[] {
  const { metadata, regarding, eventTime, reportingController: reporter = '', note = '', type = '' } = event;
  const about = regarding?.namespace ?? '';
  const fits = about === '' ? FOR_CLUSTER.has(metadata.namespace ?? '') : about === metadata.namespace;
  return [
    ...(fits ? [] : [invalid(['involvedObject', 'namespace'], about, 'does not match event.namespace')]),
    ...(eventTime ? [] : [required(['eventTime'])]),
    ...(reporter ? qualifiedName(reporter).map((why) => invalid(['reportingController'], reporter, why)) : [required(['reportingController'])]),
    ...(['reportingInstance', 'action', 'reason'] as const).flatMap((field) => validateWord(event[field], field)),
    ...(note.length > LONGEST_NOTE ? [invalid(['message'], '', `can have at most ${LONGEST_NOTE} characters`)] : []),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid(['type'], '', `has invalid value: ${type}`)]),
    ...(old ? NEVER_CHANGED.flatMap((field) => immutable(event[field], old[field], [field])) : []),
  ];
} // prettier-ignore

function validateWord(word: string | undefined, field: string): FieldProblem[] {
  if (!word) return [required([field])];
  return word.length > LONGEST_WORD ? [invalid([field], '', `can have at most ${LONGEST_WORD} characters`)] : [];
}
