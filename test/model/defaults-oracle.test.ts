import { describe, expect, test } from 'vitest';
import { checkSchema, JOB_UID_LABEL, type Manifest } from '../../src/model/index.ts';
import { differences, kindOf, nameOf, readOracle } from './oracle.ts';

interface Recorded {
  readonly input: Manifest;
  readonly output: Manifest;
}

const recorded = readOracle<Recorded[]>('defaults.json');

/** What the server adds to every object, or gives out: not a matter of its kind. */
const GIVEN_OUT = [
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.creationTimestamp',
  'metadata.generation',
  'metadata.namespace',
  'metadata.managedFields',
];

/** Differences that are right, by kind and path, each with whose work it is. */
const ELSEWHERE: Readonly<Record<string, readonly RegExp[]>> = {
  // Admission: the account's token volume and its mounts, tolerations of a lost node, priority.
  Pod: [/^spec\.volumes/, /volumeMounts/, /^spec\.serviceAccount/, /^spec\.tolerations/, /^spec\.priority/, /^spec\.preemptionPolicy/],
  // Admission: what is in use is not deleted under its user.
  PersistentVolume: [/^metadata\.finalizers/],
  PersistentVolumeClaim: [/^metadata\.finalizers/],
  // Admission: a node is not ready before someone says that it is.
  Node: [/^spec\.taints/],
  // Allocation: addresses, their families, and node ports.
  Service: [/^spec\.clusterIP/, /^spec\.ipFamil/, /^spec\.ports\.\d+\.nodePort/],
};

const isRight = (kind: string, difference: string) =>
  GIVEN_OUT.some((path) => difference.startsWith(path)) || (ELSEWHERE[kind] ?? []).some((pattern) => pattern.test(difference));

describe('a new object is stored as a real API server stores it', () => {
  const known = recorded.filter(({ input }) => kindOf(input));

  test.each(known.map((entry) => [nameOf(entry.input), entry] as const))('%s', (_, { input, output }) => {
    const kind = kindOf(input)!;
    const check = checkSchema(kind, input);
    expect([check.decoding, check.unknown]).toEqual([[], []]);
    const stored = kind.prepareCreate(born(kind.defaults(check.pruned), output));
    expect(differences(output, stored).filter((difference) => !isRight(input.kind, difference))).toEqual([]);
    expect(
      kind
        .validate({ ...stored, metadata: { namespace: 'default', ...stored.metadata } as Manifest['metadata'] })
        .filter((problem) => problem.path[1] !== 'namespace'),
    ).toEqual([]);
  });

  test.each(known.map((entry) => [nameOf(entry.input), entry] as const))(
    '%s: a stored object defaults to itself',
    (_, { input, output }) => {
      const kind = kindOf(input)!;
      const check = checkSchema(kind, withTimes(output));
      expect(check.decoding).toEqual([]);
      expect(kind.defaults(check.pruned)).toEqual(kind.defaults(kind.defaults(check.pruned)));
      expect(differences(withTimes(output), kind.defaults(check.pruned))).toEqual([]);
    },
  );
});

/** What the server says of a new object before its kind has its say. Recorded uids are placeholders, but for those in labels. */
function born(object: Manifest, { metadata }: Manifest): Manifest {
  const uid = metadata.labels?.[JOB_UID_LABEL] ?? metadata.uid;
  return { ...object, metadata: { ...object.metadata, uid, creationTimestamp: metadata.creationTimestamp } };
}

/** Recorded times are placeholders. */
function withTimes(object: Manifest): Manifest {
  return JSON.parse(JSON.stringify(object).replaceAll('"<time>"', '"2026-01-01T00:00:00Z"')) as Manifest;
}
