import { describe, expect, test } from 'vitest';
import { describeRules, uncovered } from '../../../src/apiserver/access/covers.ts';
import { allows } from '../../../src/apiserver/access/rules.ts';
import type { Attributes } from '../../../src/apiserver/auth/index.ts';
import type { PolicyRule } from '../../../src/model/index.ts';

const rule = (verbs: string, apiGroups: string, resources: string, resourceNames?: string): PolicyRule => ({
  verbs: verbs.split(','),
  apiGroups: apiGroups.split(','),
  resources: resources.split(','),
  ...(resourceNames ? { resourceNames: resourceNames.split(',') } : {}),
});
const paths = (verbs: string, urls: string): PolicyRule => ({ verbs: verbs.split(','), nonResourceURLs: urls.split(',') });

const wish = (verb: string, group: string, resource: string, subresource?: string, name?: string): Attributes => ({
  verb,
  group,
  resource,
  subresource,
  name,
});

describe('a rule', () => {
  const cases: [string, PolicyRule, Attributes, boolean][] = [
    ['allows its verb, group and resource', rule('get', '', 'pods'), wish('get', '', 'pods'), true],
    ['allows no other verb', rule('get', '', 'pods'), wish('list', '', 'pods'), false],
    ['allows no other group', rule('get', 'apps', 'deployments'), wish('get', '', 'deployments'), false],
    ['allows no other resource', rule('get', '', 'pods'), wish('get', '', 'secrets'), false],
    ['with stars allows everything', rule('*', '*', '*'), wish('frobnicate', 'x.io', 'ys', 'z'), true],
    ['for a resource allows none of its subresources', rule('get', '', 'pods'), wish('get', '', 'pods', 'log'), false],
    ['names a subresource', rule('get', '', 'pods/log'), wish('get', '', 'pods', 'log'), true],
    ['for a subresource does not allow the resource', rule('get', '', 'pods/log'), wish('get', '', 'pods'), false],
    ['may name a subresource of anything', rule('update', 'apps', '*/scale'), wish('update', 'apps', 'deployments', 'scale'), true],
    [
      'for a subresource of anything allows no other',
      rule('update', 'apps', '*/scale'),
      wish('update', 'apps', 'deployments', 'status'),
      false,
    ],
    ['for names allows those', rule('get', '', 'secrets', 'a,b'), wish('get', '', 'secrets', undefined, 'b'), true],
    ['for names allows no other', rule('get', '', 'secrets', 'a,b'), wish('get', '', 'secrets', undefined, 'c'), false],
    ['for names does not allow all', rule('list', '', 'secrets', 'a'), wish('list', '', 'secrets'), false],
    ['for paths allows no resource', paths('*', '*'), wish('get', '', 'pods'), false],
    ['for resources allows no path', rule('*', '*', '*'), { verb: 'get', path: '/metrics' }, false],
    ['names a path', paths('get', '/metrics'), { verb: 'get', path: '/metrics' }, true],
    ['for a path allows nothing below it', paths('get', '/metrics'), { verb: 'get', path: '/metrics/slis' }, false],
    ['with a star at the end allows what is below', paths('get', '/apis/*'), { verb: 'get', path: '/apis/apps/v1' }, true],
    ['with a star at the end does not allow what is beside', paths('get', '/apis/*'), { verb: 'get', path: '/apis' }, false],
  ];
  test.each(cases)('%s', (_, given, wanted, allowed) => expect(allows(given, wanted)).toBe(allowed));
});

describe('who holds rules may hand on', () => {
  const cases: [string, PolicyRule[], PolicyRule[], string][] = [
    ['the same', [rule('get,list', '', 'pods')], [rule('get', '', 'pods')], ''],
    ['what several rules give together', [rule('get', '', 'pods'), rule('list', '', 'pods')], [rule('get,list', '', 'pods')], ''],
    ['anything below a star', [rule('*', '*', '*')], [rule('get', 'apps', 'deployments/scale', 'x')], ''],
    ['no star for its parts', [rule('get', '', 'pods')], [rule('*', '', 'pods')], '{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
    ['a subresource of anything', [rule('get', '', '*/status')], [rule('get', '', 'pods/status')], ''],
    ['some names of all', [rule('get', '', 'secrets')], [rule('get', '', 'secrets', 'a')], ''],
    [
      'not all of some names',
      [rule('get', '', 'secrets', 'a')],
      [rule('get', '', 'secrets')],
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    ],
    [
      'no other name',
      [rule('get', '', 'secrets', 'a')],
      [rule('get,list', '', 'secrets', 'a,b')],
      [
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["list"]}',
        '{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get" "list"]}',
      ].join('\n'),
    ],
    ['a path below a star', [paths('get', '/apis/*')], [paths('get', '/apis/apps')], ''],
    [
      'no other path, each verb told by itself',
      [paths('get', '/healthz')],
      [paths('get,post', '/metrics')],
      '{NonResourceURLs:["/metrics"], Verbs:["get"]}\n{NonResourceURLs:["/metrics"], Verbs:["post"]}',
    ],
  ];
  test.each(cases)('%s', (_, owned, wanted, beyond) => expect(describeRules(uncovered(owned, wanted))).toBe(beyond));
});
