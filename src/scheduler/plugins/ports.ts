import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { HostPort, Wants } from '../wants.ts';

const TAKEN = refusal('preemption', "node(s) didn't have free ports for the requested pod ports");
const ALL_ADDRESSES = '0.0.0.0';

export function portsAreFree({ hostPorts }: Wants, node: NodeView): Verdict {
  return hostPorts.some((wanted) => node.hostPorts.some((taken) => collide(wanted, taken))) ? TAKEN : FITS;
}

function collide(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === ALL_ADDRESSES || b.ip === ALL_ADDRESSES;
}
