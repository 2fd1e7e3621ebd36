import { ownMember, StatusError } from '../../base/index.ts';
import { byKey, type LabelSelector, type Requirement, type Selector } from './labels.ts';
import { labelValue, qualifiedName } from './names.ts';

/** What stands behind the last word. */
const END = '';
const TOKEN = /==|!=|[=!<>(),]|[^\s=!<>(),]+/g;
const SIGN = /^[=!<>(),]/;

const OPERATORS: Readonly<Record<string, Requirement['operator']>> = {
  in: 'In',
  notin: 'NotIn',
  '=': 'Equals',
  '==': 'Equals',
  '!=': 'NotEquals',
  '>': 'Gt',
  '<': 'Lt',
};

/** The words and signs of a selector, read from left to right. */
class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(TOKEN) ?? [];
  }

  get next(): string {
    return this.#tokens[this.#at] ?? END;
  }

  take(): string {
    const token = this.next;
    this.#at++;
    return token;
  }
}

/** Parses the `labelSelector` query parameter, and refuses in Kubernetes' words. */
export function parseSelector(text: string): Selector {
  const tokens = new Tokens(text);
  const requirements: Requirement[] = [];
  if (tokens.next !== END && !beginsRequirement(tokens.next)) throw refusal(found(tokens.next, "!, identifier, or 'end of string'"));
  while (tokens.next !== END) {
    requirements.push(requirement(tokens));
    const after = tokens.take();
    if (after === END) break;
    if (after !== ',') throw refusal(found(after, "',' or 'end of string'"));
    if (!beginsRequirement(tokens.next)) throw refusal(found(tokens.next, "identifier after ','"));
  }
  return byKey(requirements);
}

const isWord = (token: string) => token !== END && !SIGN.test(token);
const beginsRequirement = (token: string) => token === '!' || isWord(token);
const found = (token: string, expected: string) => `found '${token}', expected: ${expected}`;
const refusal = (message: string) => new StatusError('BadRequest', message);
const badRequirement = (message: string) => refusal(`unable to parse requirement: ${message}`);

function requirement(tokens: Tokens): Requirement {
  const isAbsent = tokens.next === '!';
  if (isAbsent) tokens.take();
  const key = tokens.take();
  if (!isWord(key)) throw badRequirement(found(key, 'identifier'));
  demand('<nil>', key, qualifiedName(key));
  if (isAbsent) return { key, operator: 'DoesNotExist', values: [] };
  if (tokens.next === END || tokens.next === ',') return { key, operator: 'Exists', values: [] };
  const sign = tokens.take();
  const operator = ownMember(OPERATORS, sign);
  if (!operator) throw badRequirement(found(sign, 'in, notin, =, ==, !=, gt, lt'));
  const values = isWord(sign) ? valueSet(tokens) : [exactValue(tokens)];
  checkValues(key, operator, values);
  return { key, operator, values };
}

function valueSet(tokens: Tokens): readonly string[] {
  const opening = tokens.take();
  if (opening !== '(') throw badRequirement(`found '${opening}' expected: '('`);
  const values = new Set<string>();
  for (;;) {
    values.add(isWord(tokens.next) ? tokens.take() : '');
    const after = tokens.take();
    if (after === ')') return [...values];
    if (after !== ',') throw badRequirement(found(after, "',' or ')'"));
  }
}

function exactValue(tokens: Tokens): string {
  if (tokens.next === END || tokens.next === ',') return '';
  const value = tokens.take();
  if (!isWord(value)) throw badRequirement(found(value, 'identifier'));
  return value;
}

function checkValues(key: string, operator: Requirement['operator'], values: readonly string[]): void {
  for (const [i, value] of values.entries()) {
    if ((operator === 'Gt' || operator === 'Lt') && !/^[-+]?\d+$/.test(value)) {
      demand(`values[${i}]`, value, ["for 'Gt', 'Lt' operators, the value must be an integer"]);
    }
    demand(`values[${i}][${key}]`, value, labelValue(value));
  }
}

function demand(path: string, value: string, problems: readonly string[]): void {
  if (problems.length > 0) throw badRequirement(`${path}: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`);
}

/** As Kubernetes' own parts print the object in what they say. */
export function printSelector(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const pairs = labels.map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${pairs}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
