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
  const size = [...Object.values(data), ...Object.values(binaryData)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return [
    ...Object.keys(data).flatMap((key) => [
      ...validateKey(key, ['data', mapKey(key)]),
      ...(Object.hasOwn(binaryData, key) ? [invalid(['data', mapKey(key)], key, 'duplicate of key present in binaryData')] : []),
    ]),
    ...Object.keys(binaryData).flatMap((key) => validateKey(key, ['binaryData', mapKey(key)])),
    ...(size > LARGEST ? [tooLong([], LARGEST)] : []),
  ];
}

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
