import { dns1123Subdomain, type FieldPath } from '../../meta/index.ts';
import { invalid, required, tooLong, type FieldProblem } from '../../schema/problems.ts';

const LONGEST = 63;

/** Of the name of a driver of volumes, in letters of any case. */
export const driverProblems = (name: string, path: FieldPath): FieldProblem[] => [
  ...(name.length > LONGEST ? [tooLong(path, LONGEST)] : []),
  ...dns1123Subdomain(name.toLowerCase()).map((why) => invalid(path, name, why)),
];

export const neededDriverProblems = (name = '', path: FieldPath): FieldProblem[] => [
  ...(name === '' ? [required(path)] : []),
  ...driverProblems(name, path),
];
