import { HTTP_STATUS, isRecord, StatusError, type FailureStatus, type Reason } from '../../base/index.ts';
import type { JsonPatchOperation } from '../patch/index.ts';
import type { Hook } from './hooks.ts';

/** What a webhook said, or why nobody knows what it would have. */
export type Answer =
  | {
      readonly allowed: boolean;
      readonly status: Partial<FailureStatus> | undefined;
      readonly warnings: readonly string[];
      readonly patch: readonly JsonPatchOperation[];
    }
  | { readonly failure: string };

/** Kubernetes' limits for warnings of others. */
const LONGEST_WARNING = 256;
const MOST_WARNINGS = 32;

/** Throws what is wrong with the answer. */
export function readAnswer(review: unknown, asked: { apiVersion: string; uid: string; mutating: boolean }): Answer {
  const invalid = (why: string) => new Error(`received invalid webhook response: ${why}`);
  if (!isRecord(review)) throw invalid('webhook response is no AdmissionReview');
  const { apiVersion = '', kind = '', response } = review;
  if (apiVersion !== asked.apiVersion || kind !== 'AdmissionReview') {
    throw invalid(
      `expected webhook response of ${asked.apiVersion}, Kind=AdmissionReview, got ${String(apiVersion)}, Kind=${String(kind)}`,
    );
  }
  if (!isRecord(response)) throw invalid('webhook response was absent');
  const { uid = '', allowed = false, status, warnings, patch, patchType } = response;
  if (uid !== asked.uid) throw invalid(`expected response.uid=${JSON.stringify(asked.uid)}, got ${JSON.stringify(uid)}`);
  if (!asked.mutating && patch) throw invalid('validating webhook may not return response.patch');
  if (!asked.mutating && patchType !== undefined) throw invalid('validating webhook may not return response.patchType');
  if (patch && patchType === undefined) throw invalid('webhook returned response.patch but not response.patchType');
  if (!patch && patchType) throw invalid('webhook returned response.patchType but not response.patch');
  if (patchType !== undefined && patchType !== 'JSONPatch') {
    throw invalid(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  }
  return {
    allowed: allowed === true,
    status: isRecord(status) ? (status as Partial<FailureStatus>) : undefined,
    warnings: Array.isArray(warnings) ? warnings.filter(isText).slice(0, MOST_WARNINGS).map(shortened) : [],
    patch: patch ? decodePatch(patch) : [],
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const shortened = (text: string) => (text.length > LONGEST_WARNING ? `${text.slice(0, LONGEST_WARNING)}...(truncated)` : text);

function decodePatch(patch: unknown): readonly JsonPatchOperation[] {
  try {
    const operations: unknown = JSON.parse(Buffer.from(String(patch), 'base64').toString());
    if (Array.isArray(operations)) return operations as JsonPatchOperation[];
  } catch {
    // falls through to the refusal
  }
  throw new Error('received undecodable patch in webhook response');
}

/** A refusal in a webhook's own words, with the code and the reason that it gave. */
class Denied extends StatusError {
  readonly #status: FailureStatus;

  constructor({ webhook }: Hook, { message, reason, details, code = 0 }: Partial<FailureStatus>) {
    const why = message || reason;
    const denied = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
    const text = why ? `${denied}: ${why}` : `${denied} without explanation`;
    const shown = code < HTTP_STATUS.BadRequest ? HTTP_STATUS.BadRequest : code;
    super(reasonOf(shown, reason), text, details);
    this.#status = { ...super.toStatus(), reason: reason as Reason, code: shown };
  }

  override toStatus(): FailureStatus {
    return this.#status;
  }
}

/** Within Kubernetes' own list, for who decides by it. */
function reasonOf(code: number, said: string | undefined): Reason {
  if (said && said in HTTP_STATUS) return said as Reason;
  const reasons = Object.keys(HTTP_STATUS) as Reason[];
  return reasons.find((reason) => HTTP_STATUS[reason] === code) ?? 'BadRequest';
}

/** What an answer lets through, with what it says besides. A webhook that cannot be asked lets through what its policy says. */
export function heed(hook: Hook, answer: Answer): { readonly warnings: readonly string[]; readonly patch: readonly JsonPatchOperation[] } {
  if ('failure' in answer) {
    if (hook.webhook.failurePolicy === 'Ignore') return { warnings: [], patch: [] };
    throw internal(`failed calling webhook ${JSON.stringify(hook.webhook.name)}: ${answer.failure}`);
  }
  if (!answer.allowed) throw new Denied(hook, answer.status ?? {});
  return answer;
}

export function internal(message: string): StatusError {
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}
