import { messageOf } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { parseSelector, type HorizontalPodAutoscaler, type KindRef, type Manifest, type Selector } from '../../model/index.ts';
import { readScale } from '../scale.ts';
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
  const scale = await readScale(client, kind, target, metadata.namespace).catch((error: unknown) => {
    throw failed(messageOf(error));
  });
  if (!scale) throw failed(`${scaleOf(kind)} ${JSON.stringify(target)} not found`);
  return { kind, replicas: scale.spec.replicas ?? 0, selector: parseSelector(scale.status.selector ?? '') };
} // prettier-ignore

/** What the missing thing would be scaled by, as the server says it. */
const scaleOf = ({ plural, group }: KindRef<Manifest>): string => `${plural}/scale${group ? `.${group}` : ''}`;
