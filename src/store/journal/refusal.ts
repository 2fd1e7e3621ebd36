import { messageOf, StatusError } from '../../base/index.ts';

/** What a write is told while the disk of this directory fails. */
export function diskFailed(directory: string, error: unknown): StatusError {
  const what = `the journal in ${directory} failed (${messageOf(error)})`;
  const message = `nothing can be written: ${what}. Make room or mend the disk; writing goes on by itself`;
  return new StatusError('ServiceUnavailable', message, { retryAfterSeconds: 1 });
}

export function tooSlow(directory: string, waiting: number): StatusError {
  const message =
    `${Math.round(waiting / 2 ** 20)} MB of changes wait for the disk of ${directory}, which is slower than they come: ` +
    `nothing was changed. Try again in a moment`;
  return new StatusError('TooManyRequests', message, { retryAfterSeconds: 1 });
}
