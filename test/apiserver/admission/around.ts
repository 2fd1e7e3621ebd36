import { seededRandom, deepFreeze, StatusError } from '../../../src/base/index.ts';
import { STEPS, type AdmissionRequest, type Surroundings } from '../../../src/apiserver/admission/index.ts';
import { mastersOnly } from '../../../src/apiserver/auth/index.ts';
import { BUILT_IN_KINDS, KindRegistry, resourceName, type Kind, type Manifest } from '../../../src/model/index.ts';

/** Objects by the collection that they lie in, such as `limitranges` or `priorityclasses.scheduling.k8s.io`. */
export type Objects = Readonly<Record<string, readonly object[]>>;

const nameOf = ({ group, plural }: { group: string; plural: string }) => (group ? `${plural}.${group}` : plural);

const KINDS = new KindRegistry(BUILT_IN_KINDS);

export function around(objects: Objects = {}, mountTokens = false): Surroundings {
  const everything: Objects = { namespaces: [{ metadata: { name: 'default' } }], ...objects };
  const all = <T>(collection: { group: string; plural: string }, namespace?: string) =>
    ((everything[nameOf(collection)] ?? []) as Manifest[]).filter(
      (object) => (object.metadata.namespace ?? namespace) === namespace,
    ) as T[];
  return {
    all,
    find: <T>(collection: { group: string; plural: string }, name: string, namespace?: string) =>
      all<Manifest>(collection, namespace).find(({ metadata }) => metadata.name === name) as T | undefined,
    kinds: KINDS,
    sameObjects: ({ group, version, plural }) =>
      KINDS.all().filter((other) => other.group === group && other.plural === plural && other.version !== version),
    authorize: mastersOnly,
    random: seededRandom(1),
    now: Date.parse('2026-01-01T00:00:00Z'),
    mountTokens,
  };
}

export function request(resource: string, kind: string, object: object, old?: object): AdmissionRequest {
  const [plural = '', ...group] = resource.split('.');
  const named = { apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'default' }, ...object } as unknown as Manifest;
  return deepFreeze({
    kind: { group: group.join('.'), version: 'v1', kind, plural, namespaced: true } as Kind,
    object: named,
    ...(old ? { old: { ...named, ...old } as Manifest } : {}),
    operation: old ? ('update' as const) : ('create' as const),
    caller: { user: 'someone', groups: [], manager: 'test' },
  });
}

export const podRequest = (spec: object = {}, old?: object) =>
  request('pods', 'Pod', { spec: { containers: [{ name: 'c' }], ...spec } }, old && { spec: { containers: [{ name: 'c' }], ...old } });

const stepOf = (name: string) => {
  const step = STEPS.find((candidate) => candidate.name === name);
  if (!step) throw new Error(`there is no step ${name}`);
  return step;
};

/** What one step makes of an object, and says of what it made; the message when it refuses. */
export function pass(
  name: string,
  asked: AdmissionRequest,
  world: Surroundings,
): { object: Manifest; warnings: readonly string[] } | string {
  const step = stepOf(name);
  if (step.of && !step.of.includes(resourceName(asked.kind))) return { object: asked.object, warnings: [] };
  try {
    const object = step.mutate?.(asked, world) ?? asked.object;
    return { object, warnings: step.judge?.({ ...asked, object }, world) ?? [] };
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

export const specAfter = (name: string, asked: AdmissionRequest, world: Surroundings): unknown => {
  const passed = pass(name, asked, world);
  return typeof passed === 'string' ? passed : passed.object['spec'];
};
