import { describe, expect, test } from 'vitest';
import { adapt, Budget, compile, declaredType, type Value } from '../../../src/apiserver/cel/index.ts';
import { isMap, isMaybe, isUint, keysOf, memberOf } from '../../../src/apiserver/cel/values.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    min: { type: 'integer' },
    ratio: { type: 'number' },
    name: { type: 'string' },
    'max-size': { type: 'integer' },
    'a.b/c': { type: 'string' },
    namespace: { type: 'string' },
    under__score: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' }, port: { type: 'integer' } } },
    },
    roles: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    limit: { 'x-kubernetes-int-or-string': true },
    until: { type: 'string', format: 'date-time' },
    every: { type: 'string', format: 'duration' },
    nothing: { type: 'string', nullable: true },
    inner: { type: 'object', properties: { x: { type: 'object', properties: { y: { type: 'integer' } } } } },
  },
};

const SELF = {
  metadata: { name: 'web' },
  replicas: 3,
  min: 1,
  ratio: 1,
  name: 'abc',
  'max-size': 9,
  'a.b/c': 'd',
  namespace: 'n',
  under__score: 'u',
  tags: ['a', 'b'],
  labels: { a: '1', constructor: 'x', 'x/y': 'z' },
  ports: [{ name: 'a', port: 80 }, { name: 'b', port: 443 }],
  roles: ['x', 'y'],
  limit: '25%',
  until: '2026-01-01T00:00:00Z',
  every: '1h30m',
  nothing: null,
  inner: { x: {} },
}; // prettier-ignore

const TYPE = declaredType(SCHEMA, true)!;

function evaluate(text: string): unknown {
  try {
    return plain(compile(text, { self: TYPE }).run({ self: adapt(TYPE, SELF) }, new Budget()));
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}

function plain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isUint(value)) return Number(value.value);
  if (isMaybe(value)) return value.hasValue() ? plain(value.value()) : 'none';
  if (isMap(value)) return Object.fromEntries(keysOf(value).map((key) => [String(key as string), plain(memberOf(value, key)!)]));
  return typeof value === 'bigint' ? Number(value) : value;
}

describe('an expression', () => {
  test.each([
    // What objects hold.
    ['self.replicas >= self.min', true],
    ['self.metadata.name', 'web'],
    ['self.ratio == 1.0', true],
    ['self.replicas > 1.5', true],
    ['self.max__dash__size + 1', 10],
    ['self.a__dot__b__slash__c', 'd'],
    ['self.__namespace__', 'n'],
    ['self.under__underscores__score', 'u'],
    ["self.labels['constructor'] == 'x'", true],
    ["'a' in self.labels && !('b' in self.labels)", true],
    ["'toString' in self.labels", false],
    ['self.labels.all(k, size(k) > 0)', true],
    ["type(self.limit) == string && self.limit.matches(r'^\\d+%$')", true],
    ["self.until > timestamp('2025-12-31T23:59:59Z')", true],
    ["self.every == duration('90m')", true],
    ['self.until.getFullYear()', 2026],
    ["self.until.getHours('+02:00')", 2],
    ["self.until.getHours('Europe/Berlin')", 1],
    ['has(self.nothing) && self.nothing == null', "ERROR: <input>:1:35: found no matching overload for '_==_' applied to '(string, null)'"],
    ['has(self.inner.x.y)', false],
    ['has(self.inner.x)', true],
    ['self.inner.x.y == 1', 'no such key: y'],
    ["self.labels['none']", 'no such key: none'],
    ['self.tags[2]', 'index out of bounds: 2'],
    ['self.roles == ["y", "x"]', true],
    ['self.roles + ["y", "z"]', ['x', 'y', 'z']],
    ['self.ports.exists_one(p, p.port == 80)', true],
    // Numbers.
    ['-2 + 3 * 4 - 10 / 4 % 2', 10],
    ['7 / -2', -3],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['-9223372036854775808', -9223372036854775808],
    ['1 / 0 == 1', 'division by zero'],
    ['1 / 0 == 1 || true', true],
    ['false && 1 / 0 == 1', false],
    ["1 / 0 == 1 || self.labels['none'] == 'x'", 'division by zero'],
    ["self.labels['none'] == 'x' && 1 / 0 == 1", 'no such key: none'],
    ['1u + 2u', 3],
    ['0x10 + 1', 17],
    ['1 < 1.5 && 2u > 1', true],
    ['dyn(1) == 1.0 && dyn(1u) == 1', true],
    ['int("12") + int(3.9) + int(4u)', 19],
    ['int("x")', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['double("1.5") * 2.0', 3],
    ['string(1) + string(1.5) + string(true)', '11.5true'],
    ['.5 + 1e1', 10.5],
    // Texts.
    [`"\\u00e9\\n" + r'\\d' + '''it's'''`, "é\n\\dit's"],
    ['size("añ😀")', 3],
    ["'abcde'.substring(1, 3) + 'abc'.charAt(2)", 'bcc'],
    ["'hello'.indexOf('l') + 'hello'.lastIndexOf('l')", 5],
    ["'a,b,c'.split(',', 2)", ['a', 'b,c']],
    ["'a-b-c'.replace('-', '.', 1)", 'a.b-c'],
    ["['a', 'b'].join('+')", 'a+b'],
    ["' A b '.trim().lowerAscii() + 'x'.upperAscii()", 'a bX'],
    ["'%s has %d of %.1f, %x'.format([dyn('a'), 2, 3.5, 255])", 'a has 2 of 3.5, ff'],
    ["strings.quote('a\"b')", '"a\\"b"'],
    ["'ab12cd3'.find('[0-9]+')", '12'],
    ["'ab12cd3'.findAll('[0-9]+')", ['12', '3']],
    ["'ABC'.matches('(?i)^abc$')", true],
    ["b'\\xff' == b'\\377'", true],
    // Lists, maps and macros.
    ['[1, 2] + [3] == [1, 2, 3]', true],
    ['[1, 2, 3].map(x, x > 1, x * 2)', [4, 6]],
    ['[1, 2, 3].filter(x, x % 2 == 1)', [1, 3]],
    ['[1, 2, 3].exists(x, 6 / (x - 1) == 6)', true],
    ['[0, 1].all(x, 1 / x == 1)', 'division by zero'],
    ["{'a': 1, 'b': 2}.map(k, k)", ['a', 'b']],
    ["{1: 'a'}[1] + {true: 'b'}[true]", 'ab'],
    ["{'a': 1}.a", 1],
    ["{'a': 1, 'a': 2}", 'insert failed: key a already exists'],
    ["{'constructor': 1}.constructor + {2: 'a'}.map(k, k)[0]", 3],
    ['self.tags == [] || self.tags != []', true],
    ['[1, 2].all(i, v, v == i + 1)', true],
    ["{'a': 1}.transformMap(k, v, v + 1)", { a: 2 }],
    ['[4, 5].transformList(i, v, i > 0, v)', [5]],
    ["['a', 'b'].transformMapEntry(i, v, {v: i})", { a: 0, b: 1 }],
    ['[3, 1, 2].isSorted() || [1, 2].isSorted()', true],
    ['[3, 1, 2].sum() + [3, 1].min() + [3, 1].max()', 10],
    ['[1.5, 2.5].sum()', 4],
    ["['a', 'b', 'a'].lastIndexOf('a')", 2],
    ['[].max()', 'max called on empty list'],
    ['sets.contains([1, 2], [2]) && sets.equivalent([1], [1, 1]) && !sets.intersects([1], [2])', true],
    // Optional values.
    ['self.?inner.x.y.orValue(7)', 7],
    ["self.labels[?'none'].orValue('d')", 'd'],
    ["self.labels[?'a'].optMap(v, v + '!').value()", '1!'],
    ['optional.none().hasValue()', false],
    ["optional.ofNonZeroValue('').or(optional.of('x')).value()", 'x'],
    ['[?optional.none(), ?optional.of(1), 2]', [1, 2]],
    ["{?'a': self.?name, ?'b': self.labels.?nope, 'c': true ? 'x' : 'y'}", { a: 'abc', c: 'x' }],
    ['[?self.inner.x.?y].size() == 0 && [[1, 2][?1].orValue(0), 3 in [3] ? .5 == 0.5 ? 1 : 2 : 3] == [2, 1]', true],
    ['optional.none().value()', 'optional.none() dereference'],
    ['[1, 2].first().value() + [1, 2].last().value()', 3],
    // Times.
    ["string(timestamp('2024-02-29T12:00:00.5Z') + duration('1h'))", '2024-02-29T13:00:00.5Z'],
    ["string(duration('1h30m0.5s'))", '5400.5s'],
    ["duration('1h').getMinutes()", 60],
    ["timestamp('2023-02-29T00:00:00Z')", 'ERROR: <input>:1:11: invalid timestamp argument'],
    // Kubernetes' libraries.
    ["quantity('1Gi').isGreaterThan(quantity('1000Mi'))", true],
    ["quantity('1500m').add(quantity('500m')).asInteger()", 2],
    ["isQuantity('1x') || quantity('1k').compareTo(quantity('1000')) == 0", true],
    ["url('https://a.b:80/c?d=e&d=f').getHost() + url('https://a.b:80/c').getPort()", 'a.b:8080'],
    ["url('https://a.b/c?d=e&d=f').getQuery()", { d: ['e', 'f'] }],
    ["isURL('a b') || isURL('/path')", true],
    ["ip('::1').isLoopback() && ip('10.0.0.1').family() == 4", true],
    ["isIP('10.0.0.01') || isIP('::ffff:1.2.3.4')", false],
    ["ip.isCanonical('2001:DB8::1')", false],
    ["string(ip('2001:db8:0:0:1:0:0:0'))", '2001:db8:0:0:1::'],
    ["cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true],
    ["string(cidr('10.1.2.3/8').masked())", '10.0.0.0/8'],
    ["semver('1.2.3-rc.1').isLessThan(semver('1.2.3'))", true],
    ["semver('v1.2', true).minor()", 2],
    ["format.dns1123Label().validate('A_b').hasValue()", true],
    ["format.named('uuid').value().validate('x').value()", ['does not match the UUID format']],
    // What they are.
    ["type(1) == int && type('a') == string && type([]) == list && type({}) == map", true],
    ['type(self.until) == google.protobuf.Timestamp', true],
  ])('%s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });
});

describe('the refusal', () => {
  const refusal = (text: string) => {
    try {
      return `compiled: ${compile(text, { self: TYPE }).type.kind}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('shows where the mistake is', () => {
    expect(refusal('self.replicas > 1 &&\n  self.foo > 1')).toBe(
      "ERROR: <input>:2:7: undefined field 'foo'\n |   self.foo > 1\n | ......^",
    );
  });

  test.each([
    ['self.foo', "1:5: undefined field 'foo'"],
    ['has(self.foo)', "1:4: undefined field 'foo'"],
    ['foo == 1', "1:1: undeclared reference to 'foo' (in container '')"],
    ['self.tags.frobnicate()', "1:21: undeclared reference to 'frobnicate' (in container '')"],
    ['cel.bind(x, 1, x)', "1:9: undeclared reference to 'bind' (in container '')"],
    ['self.replicas == "a"', "1:15: found no matching overload for '_==_' applied to '(int, string)'"],
    ["self.?foo.orValue('')", "1:5: undefined field 'foo'"],
    ['self.labels[1]', "1:12: found no matching overload for '_[_]' applied to '(map(string, string), int)'"],
    ['self.replicas == 1.0', "1:15: found no matching overload for '_==_' applied to '(int, double)'"],
    ['self.name + 1', "1:11: found no matching overload for '_+_' applied to '(string, int)'"],
    ['self.name.startsWith(1)', "1:21: found no matching overload for 'startsWith' applied to 'string.(int)'"],
    ['size(1)', "1:5: found no matching overload for 'size' applied to '(int)'"],
    ['[1, "a"]', "1:5: expected type 'int' but found 'string'"],
    ['true ? 1 : "a"', "1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'"],
    ['self.name.all(x, true)', "1:5: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)"],
    ['self.tags.all(x, 1)', "1:14: found no matching overload for '_&&_' applied to '(bool, int)'"],
    ['self.replicas.x', "1:14: type 'int' does not support field selection"],
    ['self.limit.startsWith(1)', "1:22: found no matching overload for 'startsWith' applied to 'dyn.(int)'"],
    ['string.kind', "1:7: type 'type' does not support field selection"],
    ['true == 1 < 2', "1:11: '<' after '==' is only supported in parentheses"],
    ['Object{a: 1}', "1:7: undeclared reference to 'Object' (in container '')"],
    ['[?1]', "1:3: expected type 'optional_type(int)' but found 'int'"],
    ['message("a", {})', "1:8: undeclared reference to 'message' (in container '')"],
    ['maybe(1)', "1:6: undeclared reference to 'maybe' (in container '')"],
    ['self.name.matches("(")', '1:19: invalid matches argument'],
    ['has(self)', '1:5: invalid argument to has() macro'],
    ['self.tags.map(1, 2)', '1:15: argument must be a simple name'],
    ['1 +', "1:4: Syntax error: mismatched input '<EOF>'"],
    ['for', '1:1: Syntax error: reserved identifier: for'],
    ['1 # 2', "1:3: Syntax error: token recognition error at: '#'"],
    ["'a", "1:1: Syntax error: token recognition error at: ''a'"],
    ['('.repeat(300) + '1' + ')'.repeat(300), '1:1: expression recursion limit exceeded: 250'],
  ])('of %s', (text, expected) => {
    expect(refusal(text)).toContain(`ERROR: <input>:${expected}`);
  });
});

describe('what would take long', () => {
  const big = {
    tags: Array.from({ length: 5000 }, (_, i) => `tag-${i}`),
    labels: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`key-${i}`, ''])),
    name: 'a'.repeat(50_000),
    namespace: 'a'.repeat(60),
  };

  test.each([
    'self.tags.all(a, self.tags.all(b, self.tags.all(c, a != b || true)))',
    'self.tags.map(a, self.tags.map(b, a + b)).size() > 0',
    'self.tags.exists(a, self.tags.exists(b, 1 / 0 == 1)) || true',
    'self.tags.all(a, self.tags.all(b, self.tags == self.tags))',
    'self.labels.all(k, self.labels.size() > 0)',
    "(self.__namespace__ + 'b').matches('^(a+)+$')",
    "self.tags.all(t, !(self.__namespace__ + t).matches('^(a|a?)+$'))",
    "self.tags.all(t, !self.name.matches('a*a*a*b'))",
    "self.name.replace('', self.name).size() > 0",
    "self.tags.all(t, self.name.replace('a', 'bb') != t)",
    "self.tags.all(t, self.name.split('').join(self.name) != t)",
  ])('is cut off: %s', (text) => {
    const program = compile(text, { self: TYPE });
    const self = adapt(TYPE, big);
    const began = process.cpuUsage();
    expect(() => program.run({ self }, new Budget())).toThrow('operation cancelled: actual cost limit exceeded');
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1000).toBeLessThan(1000);
  });

  test('is told from what is only long', () => {
    const run = (text: string) => compile(text, { self: TYPE }).run({ self: adapt(TYPE, big) }, new Budget());
    expect(run("self.tags.all(t, t.matches('^[a-z]+-[0-9]+$'))")).toBe(true);
    expect(run("self.name.matches('^a+$')")).toBe(true);
    expect(run("self.tags.all(t, t.startsWith('tag-')) && self.labels.all(k, self.labels[k] == '')")).toBe(true);
  });
});
