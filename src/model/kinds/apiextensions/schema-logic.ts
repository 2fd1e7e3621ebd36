import { isRecord } from '../../../base/index.ts';
import { formatPath, mapKey, type FieldPath } from '../../meta/index.ts';
import { forbidden, required, type FieldProblem } from '../../schema/problems.ts';

type Written = Readonly<Record<string, unknown>>;

const OPEN = 'x-kubernetes-preserve-unknown-fields';
const INT_OR_STRING = 'x-kubernetes-int-or-string';

/** Fields that say what a value is: inside `allOf`, `anyOf`, `oneOf` and `not` a schema may only narrow it. */
const NOT_IN_LOGIC = [
  'additionalProperties',
  'default',
  'description',
  'nullable',
  'title',
  'type',
  OPEN,
  'x-kubernetes-embedded-resource',
];

/** What the junctors say about values must be about fields that are specified outside of them. */
export function logicProblems(part: Written, path: FieldPath): FieldProblem[] {
  const branches = [
    ...['allOf', 'anyOf', 'oneOf'].flatMap((name) => {
      const list = part[name];
      return Array.isArray(list) ? list.map((branch: unknown, i) => ({ branch, at: [...path, name, i] })) : [];
    }),
    ...(part['not'] === undefined ? [] : [{ branch: part['not'], at: [...path, 'not'] }]),
  ];
  return branches.flatMap(({ branch, at }) => (isRecord(branch) ? branchProblems(branch, at, part, path) : []));
}

function branchProblems(branch: Written, at: FieldPath, part: Written | undefined, path: FieldPath): FieldProblem[] {
  const mayType = part?.[INT_OR_STRING] === true;
  const said = NOT_IN_LOGIC.filter((name) => branch[name] !== undefined && branch[name] !== false && branch[name] !== '');
  const problems = said
    .filter((name) => !(mayType && name === 'type'))
    .map((name) => forbidden([...at, name], 'must be empty to be structural'));
  const fields = isRecord(branch['properties']) ? Object.entries(branch['properties']) : [];
  const known = isRecord(part?.['properties']) ? part['properties'] : {};
  const isOpen = part?.['additionalProperties'] !== undefined;
  return [
    ...problems,
    ...logicProblems({ ...part, allOf: branch['allOf'], anyOf: branch['anyOf'], oneOf: branch['oneOf'], not: branch['not'] }, at),
    ...fields.flatMap(([name, below]) => {
      const field = [...path, 'properties', mapKey(name)];
      const outside = known[name] ?? (isOpen ? part?.['additionalProperties'] : undefined);
      const where = [...at, 'properties', mapKey(name)];
      if (outside === undefined) return [required(field, `because it is defined in ${formatPath(where)}`)];
      return isRecord(below) ? branchProblems(below, where, isRecord(outside) ? outside : undefined, field) : [];
    }),
    ...(isRecord(branch['items'])
      ? branchProblems(branch['items'], [...at, 'items'], isRecord(part?.['items']) ? part['items'] : undefined, [...path, 'items'])
      : []),
  ];
}
