import { dns1035Label, type FieldPath } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';

const KNOWN = ['v1', 'v1beta1'];

/** Of the versions in which a webhook is asked: one of them must be known here, others may be for other servers. */
export function reviewProblems(versions: readonly string[], path: FieldPath): FieldProblem[] {
  const isKnown = versions.some((version) => KNOWN.includes(version));
  return [
    ...versions.flatMap((version, i) =>
      versions.indexOf(version) < i
        ? [invalid([...path, i], version, 'duplicate version')]
        : dns1035Label(version).map((why) => invalid([...path, i], version, why)),
    ),
    ...(isKnown ? [] : [invalid(path, versions, `must include at least one of ${KNOWN.join(', ')}`)]),
  ];
}
