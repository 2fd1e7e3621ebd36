import { collide } from '../../model/index.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { Wants } from '../wants.ts';

const TAKEN = refusal('preemption', "node(s) didn't have free ports for the requested pod ports");

export function portsAreFree({ hostPorts }: Wants, node: NodeView): Verdict {
  return collide(hostPorts, node.hostPorts) ? TAKEN : FITS;
}
