import { isStatus } from '../base/index.ts';

/** The namespace is on its way out: nothing can be made in it any more, and nothing needs to be. */
export function isNamespaceTerminating(error: unknown): boolean {
  return isStatus(error, 'Forbidden') && (error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false);
}
