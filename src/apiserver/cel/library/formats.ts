import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  FORMATS as FORMS,
  labelValue,
  qualifiedName,
  type NameRule,
} from '../../../model/index.ts';
import type { Library } from '../functions.ts';
import { maybe, Opaque } from '../values.ts';

export class Format extends Opaque {
  readonly type = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly judge: NameRule;

  constructor(name: string, judge: NameRule) {
    super();
    this.name = name;
    this.judge = judge;
  }

  equals(other: Format): boolean {
    return this.name === other.name;
  }
}

/** Something is added to a prefix: it may end with a dash. */
const prefix =
  (judge: NameRule): NameRule =>
  (text) =>
    judge(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

const form =
  (name: string, why: string): NameRule =>
  (text) =>
    FORMS[name]!(text) ? [] : [why];

const KNOWN: Readonly<Record<string, NameRule>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefix(dns1123Label),
  dns1123SubdomainPrefix: prefix(dns1123Subdomain),
  dns1035LabelPrefix: prefix(dns1035Label),
  labelValue,
  uri: (text) => (URL.canParse(text) || /^\/\S*$/.test(text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`]),
  uuid: form('uuid', 'does not match the UUID format'),
  byte: form('byte', 'invalid base64'),
  date: form('date', 'invalid date'),
  datetime: form('datetime', 'invalid datetime'),
};

const MADE = new Map(Object.entries(KNOWN).map(([name, judge]) => [name, new Format(name, judge)]));

export const FORMATS: Library = {
  ...Object.fromEntries([...MADE].map(([name, format]) => [`format.${name}(): kubernetes.NamedFormat`, () => format])),
  'format.named(string): optional(kubernetes.NamedFormat)': (name: string) => maybe(MADE.get(name)),
  '.validate(kubernetes.NamedFormat, string): optional(list(string))': ({ judge }: Format, text: string) => {
    const problems = judge(text);
    return maybe(problems.length > 0 ? problems : undefined);
  },
};
