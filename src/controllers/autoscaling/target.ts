import { isStatus, messageOf } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  selectorFrom,
  selectorFromLabels,
  type HorizontalPodAutoscaler,
  type KindRef,
  type LabelSelector,
  type Labels,
  type Manifest,
  type Selector,
} from '../../model/index.ts';
import { Unable } from './unable.ts';

/** What an autoscaler scales. */
export interface ScaleTarget {
  readonly kind: KindRef<Manifest>;
  readonly replicas: number;
  /** Empty where it has none. */
  readonly selector: Selector;
}

export async function findTarget(client: Client, { metadata, spec }: HorizontalPodAutoscaler): Promise<ScaleTarget> {
  const { apiVersion = 'v1', kind: name, name: target } = spec.scaleTargetRef;
  const failed = (problem: string) => {
    const reason = 'FailedGetScale';
    return new Unable('AbleToScale', reason, `the HPA controller was unable to get the target's current scale: ${problem}`, { reason, message: problem });
  };
  const kind = await client.kindOf(apiVersion, name);
  if (!kind) throw failed(`no matches for kind ${JSON.stringify(name)} in group ${JSON.stringify(apiVersion.split('/').at(-2) ?? '')}`);
  const object = await client.get(kind, target, metadata.namespace).catch((error: unknown) => {
    throw failed(isStatus(error, 'NotFound') ? `${scaleOf(kind)} ${JSON.stringify(target)} not found` : messageOf(error));
  });
  const { replicas = 1, selector: given } = (object['spec'] ?? {}) as { replicas?: number; selector?: LabelSelector | Labels };
  const isPlain = given !== undefined && !('matchLabels' in given) && !('matchExpressions' in given);
  const selector = isPlain ? selectorFromLabels(given as Labels) : (selectorFrom(given as LabelSelector | undefined) ?? []);
  return { kind, replicas, selector };
} // prettier-ignore

/** What the missing thing would be scaled by, as the server says it. */
const scaleOf = ({ plural, group }: KindRef<Manifest>): string => `${plural}/scale${group ? `.${group}` : ''}`;
