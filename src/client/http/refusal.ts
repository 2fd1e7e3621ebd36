import { HTTP_STATUS, StatusError, isRecord, type Reason, type StatusDetails } from '../../base/index.ts';

const REASONS_BY_CODE = new Map<number, Reason>(
  Object.entries(HTTP_STATUS)
    .map(([reason, code]) => [code, reason as Reason])
    .toReversed() as [number, Reason][],
);

/** What a server means by an answer that is no success. */
export function refusal(code: number, text: string): StatusError {
  const status = parsedStatus(text);
  if (status) return statusError(status, code);
  return new StatusError(REASONS_BY_CODE.get(code) ?? 'InternalError', text.trim() || `the server answered with ${code}`);
}

function parsedStatus(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && value['kind'] === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The error that a Status stands for. */
export function statusError({ reason, message, details, code: given }: Record<string, unknown>, code = Number(given)): StatusError {
  const known = typeof reason === 'string' && reason in HTTP_STATUS ? (reason as Reason) : REASONS_BY_CODE.get(code);
  return new StatusError(
    known ?? 'InternalError',
    String(message ?? `the server answered with ${code}`),
    details as StatusDetails | undefined,
  );
}
