import type { NodeEndpoints } from '../apiserver/index.ts';
import type { LastLine } from '../gitops/index.ts';

/** What a container that fails may say in a line; more is no line for a message. */
const LONGEST = 500;

/** Asks a pod's node for the last line that its failing container wrote. */
export function lastLineFrom(nodes: NodeEndpoints): LastLine {
  return async ({ metadata: { namespace, name }, spec, status }) => {
    const ask = spec.nodeName ? nodes(spec.nodeName) : undefined;
    if (!ask) return undefined;
    const failing = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(({ state }) => !state?.running);
    const container = failing?.name ?? spec.containers[0]!.name;
    const response = await ask(new Request(`http://${spec.nodeName}/containerLogs/${namespace}/${name}/${container}?tailLines=1`));
    if (!response.ok) return undefined;
    return (await response.text()).trimEnd().slice(0, LONGEST) || undefined;
  };
}
