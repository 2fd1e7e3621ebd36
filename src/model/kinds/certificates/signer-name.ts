import { dns1123Label, dns1123Subdomain, type FieldPath } from '../../meta/index.ts';
import { invalid, required, tooLong, type FieldProblem } from '../../schema/problems.ts';

const LONGEST_DOMAIN = 253;
/** A domain, and the name of an object in a namespace. */
const LONGEST = LONGEST_DOMAIN + 1 + 63 + 1 + 253;

/** `example.com/name`, where the name may be `namespace.name` of an object that signs. */
export function validateSignerName(name: string | undefined, path: FieldPath): FieldProblem[] {
  if (!name) return [required(path)];
  const [domain, rest, ...others] = name.split('/');
  if (rest === undefined || others.length > 0) {
    return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const labels = domain!.split('.');
  return [
    ...(domain!.length > LONGEST_DOMAIN ? [tooLong(path, LONGEST_DOMAIN)] : []),
    ...firstBad(labels, dns1123Label).map((why) => invalid(path, domain, why)),
    ...(labels.length < 2 ? [invalid(path, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...firstBad(rest.split('.'), dns1123Subdomain).map((why) => invalid(path, rest, why)),
    ...(name.length > LONGEST ? [tooLong(path, LONGEST)] : []),
  ];
}

function firstBad(labels: readonly string[], rule: typeof dns1123Label): readonly string[] {
  for (const label of labels) {
    const problems = rule(label);
    if (problems.length > 0) return problems.map((why) => `validating label ${JSON.stringify(label)}: ${why}`);
  }
  return [];
}
