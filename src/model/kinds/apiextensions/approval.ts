import { mapKey } from '../../meta/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import type { CustomResourceDefinition } from '../../types/index.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const POLICY = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** What a definition says of the approval that groups of the Kubernetes community need. */
export interface Approval {
  readonly state: 'Missing' | 'Invalid' | 'Approved' | 'Unapproved';
  readonly why: string;
}

/** Undefined for a group that needs none. */
export function approvalOf({ metadata, spec }: CustomResourceDefinition): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return undefined;
  const said = metadata.annotations?.[ANNOTATION] ?? '';
  const needed = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`;
  if (said === '') return { state: 'Missing', why: `${needed}, ${POLICY}` };
  if (said.startsWith('unapproved')) return { state: 'Unapproved', why: `not approved: ${JSON.stringify(said)}` };
  if (URL.canParse(said) && new URL(said).host) return { state: 'Approved', why: `approved in ${said}` };
  return { state: 'Invalid', why: `${needed} with either a URL or a reason starting with "unapproved", ${POLICY}` };
}

/** What was let in once may go on as it is. */
export function approvalProblems(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldProblem[] {
  const approval = approvalOf(definition);
  if (!approval || (old && approvalOf(old)?.state === approval.state)) return [];
  const path = ['metadata', 'annotations', mapKey(ANNOTATION)];
  if (approval.state === 'Missing') return [required(path, approval.why)];
  return approval.state === 'Invalid' ? [invalid(path, definition.metadata.annotations?.[ANNOTATION], approval.why)] : [];
}
