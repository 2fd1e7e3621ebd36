import { isRecord } from '../../../base/index.ts';
import { mapKey, type FieldPath } from '../../meta/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

type Written = Readonly<Record<string, unknown>>;

/** What the `x-kubernetes-` fields of a schema ask of each other. */
export function extensionProblems(part: Written, path: FieldPath): FieldProblem[] {
  return [...typeProblems(part, path), ...listMapProblems(part, path)];
}

const LISTS = ['atomic', 'set', 'map'];
const MAPS = ['atomic', 'granular'];

function typeProblems(part: Written, path: FieldPath): FieldProblem[] {
  const { type = '' } = part;
  const list = part['x-kubernetes-list-type'];
  const map = part['x-kubernetes-map-type'];
  const at = (name: string) => [...path, name];
  const needs = (isSaid: boolean, wanted: string, what: string) =>
    isSaid && type !== wanted ? [invalid(at('type'), type, `must be ${wanted} if ${what}`)] : [];
  return [
    ...needs(part['x-kubernetes-embedded-resource'] === true, 'object', 'x-kubernetes-embedded-resource is true'),
    ...needs(list !== undefined, 'array', 'x-kubernetes-list-type is specified'),
    ...needs(map !== undefined, 'object', 'x-kubernetes-map-type is specified'),
    ...(list !== undefined && !LISTS.includes(String(list)) ? [notSupported(at('x-kubernetes-list-type'), list, LISTS)] : []),
    ...(map !== undefined && !MAPS.includes(String(map)) ? [notSupported(at('x-kubernetes-map-type'), map, MAPS)] : []),
  ];
}

const KEYS = 'x-kubernetes-list-map-keys';

/** An item of a list that is a map must have its keys, or apply could not name it. */
function listMapProblems(part: Written, path: FieldPath): FieldProblem[] {
  const keys: readonly unknown[] = Array.isArray(part[KEYS]) ? part[KEYS] : [];
  const list = part['x-kubernetes-list-type'];
  if (list !== 'map') {
    const why = `must be map if ${KEYS} is non-empty`;
    return keys.length > 0 ? [invalid([...path, 'x-kubernetes-list-type'], list ?? null, why)] : [];
  }
  if (keys.length === 0) return [required([...path, KEYS], 'must not be empty if x-kubernetes-list-type is map')];
  const items = isRecord(part['items']) ? part['items'] : {};
  const fields = isRecord(items['properties']) ? items['properties'] : {};
  const mandatory: readonly unknown[] = Array.isArray(items['required']) ? items['required'] : [];
  return keys.flatMap((key, i) => {
    const field = fields[String(key)];
    if (!isRecord(field)) return [invalid([...path, KEYS, i], key, 'entries must all be names of item properties')];
    if (mandatory.includes(key) || field['default'] !== undefined) return [];
    const why = `this property is in ${KEYS}, so it must have a default or be a required property`;
    return [required([...path, 'items', 'properties', mapKey(String(key)), 'default'], why)];
  });
}
