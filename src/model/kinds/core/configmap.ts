import { equalJson } from '../../../base/index.ts';
import { configKey, dns1123Subdomain, mapKey, type FieldPath } from '../../meta/index.ts';
import { CONFIG_MAPS, type ConfigMap } from '../../types/index.ts';
import { forbidden, invalid, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

const LARGEST = 1024 * 1024;
export const CONFIG_MAP = declareKind<ConfigMap>({
  ref: CONFIG_MAPS,
  schema: { definition: 'core.v1.ConfigMap' },
  name: dns1123Subdomain,
  shortNames: ['cm'],
  validate: (map, old) => [...validateContent(map), ...(old?.immutable ? validateUnchanged(map, old) : [])],
  columns: [NAME, textColumn('Data'), AGE],
  row: (map, clock) => {
    const count = Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length;
    return [map.metadata.name, count, ageOf(map, clock)];
  },
});

function validateContent({ data = {}, binaryData = {} }: ConfigMap): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let size = 0;
  for (const key in data) {
    size += Buffer.byteLength(data[key]!);
    if (!isConfigKey(key)) problems.push(...validateKey(key, ['data', mapKey(key)]));
    if (!Object.hasOwn(binaryData, key)) continue;
    problems.push(invalid(['data', mapKey(key)], key, 'duplicate of key present in binaryData'));
  }
  for (const key in binaryData) {
    size += Buffer.byteLength(binaryData[key]!);
    if (!isConfigKey(key)) problems.push(...validateKey(key, ['binaryData', mapKey(key)]));
  }
  if (size > LARGEST) problems.push(tooLong([], LARGEST));
  return problems;
}

const isConfigKey = (key: string): boolean => configKey(key).length === 0;

export function validateKey(key: string, path: FieldPath): FieldProblem[] {
  return configKey(key).map((text) => invalid(path, key, text));
}

function validateUnchanged(map: ConfigMap, old: ConfigMap): FieldProblem[] {
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(map.immutable ? [] : [forbidden(['immutable'], why)]),
    ...(['data', 'binaryData'] as const)
      .filter((field) => !equalJson(map[field] ?? {}, old[field] ?? {}))
      .map((field) => forbidden([field], why)),
  ];
}
