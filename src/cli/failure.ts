import { isStatus } from '../base/index.ts';
import type { OpenedClient } from '../client/index.ts';
import { readSourceFailure, type SourceFailure } from '../gitops/index.ts';

/** What keeps commits from being followed: the source, or a disk on which not even that can be noted. */
export async function readFailure(client: OpenedClient): Promise<SourceFailure | undefined> {
  const message = await whyNothingIsWritten(client);
  return message === undefined ? readSourceFailure(client) : { message, commit: undefined };
}

async function whyNothingIsWritten(client: OpenedClient): Promise<string | undefined> {
  try {
    await client.text('/readyz/journal');
    return undefined;
  } catch (error) {
    if (isStatus(error, 'InternalError')) return error.message.replace(/^internal server error: /, '');
    // Not everybody may ask, and other API servers have no journal.
    if (isStatus(error, 'Forbidden', 'NotFound')) return undefined;
    throw error;
  }
}
