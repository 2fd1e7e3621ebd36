import { isRecord, parseYaml } from '../../base/index.ts';
import { duplicateField, duplicateFields, unknownField } from '../../model/index.ts';
import type { StrayFields } from '../api.ts';
import { yamlErrors } from '../refusals.ts';
import { jsonInYaml } from './json.ts';

/** What is said of the fields of a body, in Kubernetes' words and order. Undefined: its text shows no more than its value. */
export function strayIn(type: string, bytes: Buffer, isCustom: boolean): StrayFields | undefined {
  const find = BY_TYPE[type];
  return find && ((unknown) => [...new Set(find(bytes.toString('utf8'), unknown, isCustom))]);
}

type Find = (text: string, unknown: readonly string[], isCustom: boolean) => readonly string[];

const BY_TYPE: Readonly<Record<string, Find>> = {
  'application/json': (json, unknown, isCustom) => (isCustom ? duplicatesFirst : asWritten)(json, unknown),
  'application/merge-patch+json': duplicatesFirst,
  'application/strategic-merge-patch+json': duplicatesFirst,
  'application/json-patch+json': (json, unknown) => [...ofOperations(json), ...sorted(unknown)],
  'application/yaml': inYaml,
  'application/apply-patch+yaml': inYaml,
};

const sorted = (unknown: readonly string[]) => unknown.toSorted().map(unknownField);

function duplicatesFirst(json: string, unknown: readonly string[]): readonly string[] {
  return [...duplicateFields(json).map(({ path }) => duplicateField(path)), ...sorted(unknown)];
}

/** What is below an unknown field is not looked at. */
function asWritten(json: string, unknown: readonly string[]): readonly string[] {
  const sought = new Set(unknown);
  const isBelow = (path: string) => unknown.some((parent) => path.startsWith(parent) && '.['.includes(path[parent.length]!));
  return duplicateFields(json, sought)
    .filter(({ path }) => sought.has(path) || !isBelow(path))
    .map(({ path }) => (sought.has(path) ? unknownField(path) : duplicateField(path)));
}

const OF_OPERATION: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

function ofOperations(json: string): readonly string[] {
  const operations = (JSON.parse(json) ?? []) as readonly unknown[];
  const unknown = operations.flatMap((operation, at) =>
    isRecord(operation)
      ? Object.keys(operation)
          .filter((name) => !OF_OPERATION.has(name))
          .map((name) => `[${at}].${name}`)
      : [],
  );
  return asWritten(json, unknown).map((text) => `json patch ${text}`);
}

function inYaml(text: string, unknown: readonly string[]): readonly string[] {
  const repeated = jsonInYaml(text) === undefined ? repeatedKeys(text) : repeatedNames(text);
  const lines = repeated.map(({ line, key }) => `line ${line}: key ${JSON.stringify(key)} already set in map`);
  return [...(lines.length > 0 ? [yamlErrors(lines)] : []), ...sorted(unknown)];
}

const repeatedKeys = (text: string) => parseYaml(text, { keysMayRepeat: true }).flatMap(({ repeated }) => repeated);

const repeatedNames = (json: string) =>
  duplicateFields(json).map(({ name, offset }) => ({ key: name, line: json.slice(0, offset).split('\n').length }));
