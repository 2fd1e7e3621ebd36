import { underscoredSubdomain, type FieldPath } from '../../meta/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import type { PodSpec } from '../../types/index.ts';
import { validateAddress } from './addresses.ts';
import { subdomainProblems } from './metadata.ts';

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;
const LONGEST_SEARCH = 2048;

/** Names of services in the DNS begin with underscores. */
function searchProblems(search: string): readonly string[] {
  return search === '.' ? [] : underscoredSubdomain(search.replace(/\.$/, ''));
}

/** How a pod finds others by name. */
export function validateResolution({ dnsPolicy, dnsConfig, hostAliases = [] }: PodSpec, path: FieldPath): FieldProblem[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const at = [...path, 'dnsConfig'];
  return [
    ...hostAliases.flatMap(({ ip, hostnames = [] }, i) => [
      ...validateAddress(ip, [...path, 'hostAliases', i, 'ip']),
      ...hostnames.flatMap((name, j) => subdomainProblems(name, [...path, 'hostAliases', i, 'hostnames', j])),
    ]),
    ...(dnsPolicy === 'None' && !dnsConfig
      ? [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
      : dnsPolicy === 'None' && nameservers.length === 0
        ? [required([...at, 'nameservers'], 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
        : []),
    ...(nameservers.length > MOST_SERVERS
      ? [invalid([...at, 'nameservers'], nameservers, `must not have more than ${MOST_SERVERS} nameservers`)]
      : []),
    ...nameservers.flatMap((server, i) => validateAddress(server, [...at, 'nameservers', i])),
    ...(searches.length > MOST_SEARCHES
      ? [invalid([...at, 'searches'], searches, `must not have more than ${MOST_SEARCHES} search paths`)]
      : []),
    ...(searches.join(' ').length > LONGEST_SEARCH
      ? [invalid([...at, 'searches'], searches, `must not have more than ${LONGEST_SEARCH} characters (including spaces) in the search list`)]
      : []),
    ...searches.flatMap((search, i) => searchProblems(search).map((why) => invalid([...at, 'searches', i], search.replace(/\.$/, ''), why))),
    ...options.flatMap(({ name }, i) => (name ? [] : [required([...at, 'options', i], 'must not be empty')])),
  ];
} // prettier-ignore
