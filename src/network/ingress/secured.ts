import type { Ingress } from '../../model/index.ts';

export interface SecuredHosts {
  /** An empty one stands for all hosts. */
  readonly hosts: readonly string[];
  /** In the namespace of the Ingress; undefined: the server's own certificate has to do. */
  readonly secretName: string | undefined;
}

/** The hosts that an Ingress wants to be reached by TLS: where an entry names none, those of all rules. */
export function securedHosts({ spec }: Ingress): readonly SecuredHosts[] {
  const ofRules = spec.rules?.length ? spec.rules.map(({ host = '' }) => host) : [''];
  return (spec.tls ?? []).map(({ hosts = [], secretName }) => ({ hosts: hosts.length > 0 ? hosts : ofRules, secretName }));
}
