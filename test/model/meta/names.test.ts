import { describe, expect, test } from 'vitest';
import {
  configKey,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  domainPrefixedPath,
  environmentVariableName,
  httpHeaderName,
  labelValue,
  pathSegment,
  portName,
  qualifiedName,
  wildcardSubdomain,
  type NameRule,
} from '../../../src/model/index.ts';

const LONG = 'a'.repeat(300);

/** Names that are fine, and names that are not, with what is said of them. */
const RULES: readonly (readonly [name: string, rule: NameRule, fine: readonly string[], wrong: readonly (readonly [string, ...string[]])[]])[] = [
  ['dns1123Label', dns1123Label, ['a', 'web-1', '0x', 'a'.repeat(63)], [
    ['', 'a lowercase RFC 1123 label must consist of'],
    ['A', 'a lowercase RFC 1123 label must consist of'],
    ['-a', 'a lowercase RFC 1123 label must consist of'],
    ['a_b', 'a lowercase RFC 1123 label must consist of'],
    ['a.b', 'must not contain dots'],
    ['a.B', 'a lowercase RFC 1123 label must consist of'],
    [`${'a'.repeat(64)}-`, 'must be no more than 63 characters', 'a lowercase RFC 1123 label must consist of'],
  ]],
  ['dns1123Subdomain', dns1123Subdomain, ['a.b', 'web-1.example.com', '1'], [
    ['a..b', 'a lowercase RFC 1123 subdomain must consist of'],
    ['.a', 'a lowercase RFC 1123 subdomain must consist of'],
    [LONG, 'must be no more than 253 characters'],
  ]],
  ['dns1035Label', dns1035Label, ['a', 'web-1'], [
    ['1a', 'a DNS-1035 label must consist of'],
    ['a.b', 'a DNS-1035 label must consist of'],
  ]],
  ['qualifiedName', qualifiedName, ['app', 'kubernetes.io/name', 'A_b.c'], [
    ['', 'name part must be non-empty', 'name part must consist of'],
    ['a/b/c', "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"],
    ['/x', 'prefix part must be non-empty'],
    ['x/', 'name part must be non-empty', 'name part must consist of'],
    ['UP.case/x', 'prefix part a lowercase RFC 1123 subdomain'],
    ['a'.repeat(64), 'name part must be no more than 63 bytes'],
  ]],
  ['labelValue', labelValue, ['', 'a', 'A_b.c-d'], [['-a', 'a valid label must be an empty string or consist of'], ['a'.repeat(64), 'must be no more than 63 bytes']]],
  ['environmentVariableName', environmentVariableName, ['A', 'my.env-name', '1 2'], [
    ['', 'environment variable name must be non-empty'],
    ['A=B', "a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ['\u00E4', 'a valid environment variable name must consist only of'],
  ]],
  ['pathSegment', pathSegment, ['system:node', 'a b', 'A'], [['.', "may not be '.'"], ['..', "may not be '..'"], ['a/b%', "may not contain '/'", "may not contain '%'"]]],
  ['portName', portName, ['http', 'a-1'], [
    ['a'.repeat(16), 'must be no more than 15 characters'],
    ['1', 'must contain at least one letter (a-z)'],
    ['a--b', 'must not contain consecutive hyphens'],
    ['-a', 'must not begin or end with a hyphen'],
    ['A', 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)', 'must contain at least one letter (a-z)'],
  ]],
  ['configKey', configKey, ['a', '.a', 'A_b-c.d'], [['a b', 'a valid config key must consist of'], ['.', "must not be '.'"], ['..a', "must not start with '..'"], [LONG, 'must be no more than 253 characters']]],
  ['wildcardSubdomain', wildcardSubdomain, ['*.example.com'], [['*', "a wildcard DNS-1123 subdomain must start with '*.'"], ['a.*.b', 'a wildcard DNS-1123 subdomain']]],
  ['httpHeaderName', httpHeaderName, ['X-Header-Name'], [['a_b', "a valid HTTP header must consist of alphanumeric characters or '-'"]]],
  ['domainPrefixedPath', domainPrefixedPath, ['acme.io/foo'], [['acme.io', 'must be a domain-prefixed path (such as "acme.io/foo")'], ['A/b', 'a lowercase RFC 1123 subdomain']]],
]; // prettier-ignore

describe.each(RULES)('%s', (_, rule, fine, wrong) => {
  test.each(fine.map((text) => [text]))('%j is fine', (text) => expect(rule(text)).toEqual([]));
  test.each(wrong.map(([text, ...said]) => [text, said] as const))('%j is not: %s', (text, said) => {
    expect(rule(text)).toEqual(said.map((start) => expect.stringMatching(start.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))));
  });
});
