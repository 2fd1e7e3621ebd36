import { expect, test } from 'vitest';
import { problemsOf } from './problems.ts';

test.each<[what: string, limit: object, expected: string[]]>([
  [
    'bounds claims at one end at least',
    { type: 'PersistentVolumeClaim' },
    ['spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
  ],
  [
    'has no more by default than it allows',
    { type: 'Container', default: { cpu: '2' }, defaultRequest: { cpu: '1' }, max: { cpu: '1' } },
    ['spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1'],
  ],
  [
    'has no less by default than it demands',
    { type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1' }, min: { cpu: '2' } },
    [
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ],
  ],
  [
    'gives whole things whole',
    { type: 'Container', default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } },
    [
      'spec.limits[0].defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu',
    ],
  ],
  [
    'bounds what containers take',
    { type: 'Pod', max: { storage: '1Gi', bogus: '1' } },
    [
      'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
      'spec.limits[0].max[bogus]: Invalid value: "bogus": must be a standard resource type or fully qualified',
      'spec.limits[0].max[bogus]: Invalid value: "bogus": must be a standard resource for containers',
    ],
  ],
])('a limit range %s', (_, limit, expected) => expect(problemsOf('LimitRange', { limits: [limit] })).toEqual(expected));
