import { expect, it } from 'vitest';
import { StatusError } from '../../src/base/index.ts';
import type { OpenedClient } from '../../src/client/index.ts';
import { readFailure } from '../../src/cli/failure.ts';

const noted = { 'slipway.dev/source-failure': 'the branch is gone' };
const source = { message: 'the branch is gone', commit: undefined };
const disk = { message: 'nothing can be written: the disk is full', commit: undefined };

it.each([
  ['what is noted of the source', undefined, noted, source],
  ['nothing, where nothing is wrong', undefined, {}, undefined],
  ['a disk that takes no notes', new StatusError('InternalError', `internal server error: ${disk.message}`), noted, disk],
  ['the note, to who may not ask for the disk', new StatusError('Forbidden', 'forbidden'), noted, source],
  ['the note, of a cluster that has no journal', new StatusError('NotFound', 'not found'), noted, source],
])('what keeps commits from being followed is %s', async (_name, refusal, annotations, expected) => {
  const client = {
    text: async () => {
      if (refusal) throw refusal;
      return 'ok';
    },
    get: async () => ({ metadata: { name: 'slipway-system', annotations } }),
  } as unknown as OpenedClient;
  expect(await readFailure(client)).toEqual(expected);
});
