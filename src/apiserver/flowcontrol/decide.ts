import { equalJson } from '../../base/index.ts';
import { AUTOUPDATE_SPEC, formatTime, MANDATORY, type Condition, type FlowSchema, type KubeObject } from '../../model/index.ts';

type Configured = KubeObject & { readonly spec?: object };

/** What becomes of an object that every cluster has: its owner may change it once it says so. */
export function decideSpec(found: Configured | undefined, wanted: Configured): 'create' | 'update' | 'keep' {
  if (!found) return 'create';
  const isOurs = found.metadata.annotations?.[AUTOUPDATE_SPEC] === 'true' && !MANDATORY.includes(wanted.metadata.name);
  return isOurs && !equalJson(found.spec, wanted.spec) ? 'update' : 'keep';
}

const DANGLING = 'Dangling';

/** The conditions of a flow schema, told whether there is its priority level; undefined where they say so already. */
export function decideDangling(
  { spec, status }: FlowSchema,
  isThere: (level: string) => boolean,
  now: number,
): readonly Condition[] | undefined {
  const level = spec?.priorityLevelConfiguration?.name ?? '';
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  const said = isThere(level)
    ? ({ type: DANGLING, status: 'False', reason: 'Found', message: `${about} and it exists` } as const)
    : ({ type: DANGLING, status: 'True', reason: 'NotFound', message: `${about} but there is no such object` } as const);
  const { conditions = [] } = status ?? {};
  const old = conditions.find(({ type }) => type === DANGLING);
  if (old?.status === said.status && old.reason === said.reason && old.message === said.message) return undefined;
  const told = { ...said, lastTransitionTime: formatTime(now) };
  return old ? conditions.map((each) => (each === old ? told : each)) : [...conditions, told];
}
