import { describe, expect, test } from 'vitest';
import { bootstrapLevels, bootstrapSchemas, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';
import { problemsOf, told } from './problems.ts';

const clock = { now: () => 0 } as never;

const V1 = 'flowcontrol.apiserver.k8s.io/v1';

describe('the first objects', () => {
  test.each([...bootstrapLevels(), ...bootstrapSchemas()].map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    '%s is valid, and says all that defaults would say',
    (_, object) => {
      const kind = registry.byApiVersion(V1, object.kind!)!;
      expect(kind.defaults(object as unknown as Manifest)).toEqual(object);
      expect(told(kind.validate(kind.prepareCreate(object as unknown as Manifest)))).toEqual([]);
    },
  );
  test('an exempt level shows no shares: they limit nobody', () => {
    const kind = registry.byApiVersion(V1, 'PriorityLevelConfiguration')!;
    const cells = bootstrapLevels().map((level) => kind.row(level as unknown as Manifest, clock).slice(0, 6));
    expect(cells.slice(0, 3)).toEqual([
      ['exempt', 'Exempt', '<none>', '<none>', '<none>', '<none>'],
      ['catch-all', 'Limited', 5, '<none>', '<none>', '<none>'],
      ['system', 'Limited', 30, 64, 6, 50],
    ]);
  });
  test('refer to each other', () => {
    const levels = bootstrapLevels().map(({ metadata }) => metadata.name);
    for (const { spec } of bootstrapSchemas()) expect(levels).toContain(spec!.priorityLevelConfiguration!.name);
  });
});

const level = { priorityLevelConfiguration: { name: 'system' } };
const user = { kind: 'User', user: { name: 'jane' } };
const path = { verbs: ['get'], nonResourceURLs: ['/x'] };
const resource = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
const rules = (rule: object) => ({ ...level, rules: [{ subjects: [user], nonResourceRules: [path], ...rule }] });
const subject = (it: object) => rules({ subjects: [it] });
const AT = 'spec.rules[0]';

test.each<[string, object, string[]]>([
  ['a level alone', level, []],
  ['rules', rules({ resourceRules: [resource] }), []],
  ['no level', {}, ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level']],
  ['a precedence below one', { ...level, matchingPrecedence: -1 }, ['spec.matchingPrecedence: Invalid value: -1: must be a positive value']],
  ['one too high', { ...level, matchingPrecedence: 10_001 }, ['spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000']],
  ['the first one', { ...level, matchingPrecedence: 1 }, ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"]],
  ['another method', { ...level, distinguisherMethod: { type: 'X' } }, ['spec.distinguisherMethod.type: Unsupported value: {"Type":"X"}: supported values: "ByNamespace", "ByUser"']],
  ['nobody', rules({ subjects: [] }), [`${AT}.subjects: Required value: subjects must contain at least one value`]],
  ['nothing', rules({ nonResourceRules: [] }), [`${AT}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`]],
  ['a subject of another kind', subject({ kind: 'X' }), [`${AT}.subjects[0].kind: Unsupported value: "X": supported values: "Group", "ServiceAccount", "User"`]],
  ['a subject that is not named', subject({ kind: 'Group' }), [`${AT}.subjects[0].group: Required value: group is required when subject kind is 'Group'`]],
  ['a subject with two names', subject({ ...user, group: { name: 'x' } }), [`${AT}.subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`]],
  ['an account of no namespace', subject({ kind: 'ServiceAccount', serviceAccount: { name: '*' } }), [`${AT}.subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account`]],
  ['a verb that nobody has', rules({ nonResourceRules: [{ ...path, verbs: ['fly'] }] }), [`${AT}.nonResourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`]],
  ['all and one more', rules({ resourceRules: [{ ...resource, apiGroups: ['*', ''] }] }), [`${AT}.resourceRules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other api groups`]],
  ['no namespace', rules({ resourceRules: [{ ...resource, namespaces: [] }] }), [`${AT}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`]],
  ['no namespace where none is needed', rules({ resourceRules: [{ ...resource, namespaces: [], clusterScope: true }] }), []],
  ['a path that is none', rules({ nonResourceRules: [{ ...path, nonResourceURLs: ['x', '/a//b', '/a*'] }] }), [`${AT}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash`, `${AT}.nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a//b": must not contain double slash`, `${AT}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a*": wildcard can only do suffix matching`]],
])('a flow schema with %s', (_, spec, problems) => {
  expect(problemsOf('FlowSchema', spec, {}, V1)).toEqual(problems);
}); // prettier-ignore

const limited = (more: object, queuing?: object) => ({
  type: 'Limited',
  limited: { limitResponse: { type: queuing ? 'Queue' : 'Reject', ...(queuing ? { queuing } : {}) }, ...more },
});
const LIMITED = 'spec.limited';
const QUEUING = `${LIMITED}.limitResponse.queuing`;

test.each<[string, object, string[]]>([
  ['limits', limited({}), []],
  ['no shares', limited({ nominalConcurrencyShares: 0 }), []],
  ['queues', limited({}, {}), []],
  ['another type', { type: 'X' }, ['spec.type: Unsupported value: "X": supported values: "Exempt", "Limited"']],
  ['no limits', { type: 'Limited' }, [`${LIMITED}: Required value: must not be empty when type is Limited`]],
  ['two types', { ...limited({}), exempt: {} }, ['spec.exempt: Forbidden: must be nil if the type is Limited']],
  ['exemption', { type: 'Exempt' }, [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`]],
  ['shares below nothing', limited({ nominalConcurrencyShares: -1 }), [`${LIMITED}.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer`]],
  ['more lent than there is', limited({ lendablePercent: 101 }), [`${LIMITED}.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive`]],
  ['another answer', limited({ limitResponse: { type: 'X' } }), [`${LIMITED}.limitResponse.type: Unsupported value: "X": supported values: "Queue", "Reject"`]],
  ['queues for who is refused', limited({ limitResponse: { type: 'Reject', queuing: {} } }), [`${QUEUING}: Forbidden: must be nil if limited.limitResponse.type is not Limited`]],
  ['no queues for who waits', limited({ limitResponse: { type: 'Queue' } }), [`${QUEUING}: Required value: must not be empty if limited.limitResponse.type is Limited`]],
  ['a hand larger than the deck', limited({}, { queues: 7, handSize: 8 }), [`${QUEUING}.handSize: Invalid value: 8: should not be greater than queues (7)`]],
  ['more hands than the hash tells apart', limited({}, { queues: 128, handSize: 10 }), [`${QUEUING}.handSize: Invalid value: 10: required entropy bits of deckSize 128 and handSize 10 should not be greater than 60`]],
  ['too many queues', limited({}, { queues: 10_000_001, handSize: 2 }), [`${QUEUING}.queues: Invalid value: 10000001: must not be greater than 10000000`]],
])('a priority level with %s', (_, spec, problems) => {
  expect(problemsOf('PriorityLevelConfiguration', spec, {}, V1)).toEqual(problems);
}); // prettier-ignore

test.each<[string, string, object, string[]]>([
  ['FlowSchema', 'exempt', { ...level, matchingPrecedence: 1 }, ["spec: Invalid value: spec of 'exempt' must equal the fixed value"]],
  ['PriorityLevelConfiguration', 'catch-all', limited({}), ["spec: Invalid value: spec of 'catch-all' must equal the fixed value"]],
  ['PriorityLevelConfiguration', 'exempt', { type: 'Exempt', exempt: { lendablePercent: 50 } }, []],
])('%s %s stays what it is', (kind, name, spec, problems) => {
  expect(problemsOf(kind, spec, { name }, V1)).toEqual(problems);
}); // prettier-ignore
