import { expect, test } from 'vitest';
import { problemsOf } from './problems.ts';

test.each<[what: string, resources: object, expected: string[]]>([
  [
    'a resource that nobody knows',
    { requests: { bogus: '1' } },
    [
      'spec.containers[0].resources.requests[bogus]: Invalid value: "bogus": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[bogus]: Invalid value: "bogus": must be a standard resource for containers',
    ],
  ],
  [
    'huge pages without a limit',
    { requests: { cpu: '1', 'hugepages-2Mi': '2Mi' } },
    ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
  ],
])('a container asks for no %s', (_, resources, expected) => {
  expect(problemsOf('Pod', { containers: [{ name: 'c', image: 'i', resources }] })).toEqual(expected);
});

test('an event owns nothing', () => {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Event', name: 'e', uid: 'u' }];
  expect(problemsOf('ConfigMap', {}, { ownerReferences })).toEqual([
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ]);
});
