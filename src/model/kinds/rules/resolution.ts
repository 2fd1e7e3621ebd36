import type { FieldPath } from '../../meta/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import type { PodSpec } from '../../types/index.ts';
import { validateAddress } from './numbers.ts';

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;

/** How a pod finds others by name. */
export function validateResolution({ dnsPolicy, dnsConfig, hostAliases = [] }: PodSpec, path: FieldPath): FieldProblem[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const at = [...path, 'dnsConfig'];
  return [
    ...hostAliases.flatMap(({ ip }, i) => validateAddress(ip, [...path, 'hostAliases', i, 'ip'])),
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
    ...options.flatMap(({ name }, i) => (name ? [] : [required([...at, 'options', i], 'must not be empty')])),
  ];
} // prettier-ignore
