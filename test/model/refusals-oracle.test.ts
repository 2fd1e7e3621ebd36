import { describe, expect, test } from 'vitest';
import { checkSchema, invalidObject, undecodable, unknownField, type Manifest } from '../../src/model/index.ts';
import type { FailureStatus, StatusError } from '../../src/base/index.ts';
import { kindOf, readOracle } from './oracle.ts';

interface Recorded {
  readonly name: string;
  readonly input: Manifest;
  readonly status: number;
  readonly output: FailureStatus;
}

const recorded = readOracle<Recorded[]>('refusals.json');

/** Refusals that are not the kind's. */
const ELSEWHERE = new Set(['namespace mismatch']);

/** What a strict API server would answer, or nothing when it would accept the object. */
function refuse(input: Manifest): StatusError | undefined {
  const kind = kindOf(input)!;
  const { decoding, unknown, problems, pruned } = checkSchema(kind, input);
  if (decoding[0]) return undecodable(kind, decoding[0]);
  if (unknown.length > 0) return undecodable(kind, `strict decoding error: ${unknown.map(unknownField).join(', ')}`);
  const namespaced = kind.namespaced ? { ...pruned, metadata: { ...pruned.metadata, namespace: 'default' } } : pruned;
  const found = problems.length > 0 ? problems : kind.validate(kind.prepareCreate(kind.defaults(namespaced)));
  return found.length > 0 ? invalidObject(kind, input.metadata.name, found) : undefined;
}

describe('a bad object is refused in the words of a real API server', () => {
  const known = recorded.filter(({ name, input }) => kindOf(input) && !ELSEWHERE.has(name));

  test.each(known.map((entry) => [entry.name, entry] as const))('%s', (_, { input, status, output }) => {
    const refusal = refuse(input)?.toStatus();
    if (status < 300) {
      expect(refusal).toBeUndefined();
      return;
    }
    expect({ code: refusal?.code, reason: refusal?.reason, message: refusal?.message }).toEqual({
      code: status,
      reason: output.reason,
      message: output.message,
    });
    expect(refusal?.details).toEqual(output.details);
  });
});
