import { apiVersionOf, type KindRef, type Manifest } from '../../model/index.ts';
import type { Client } from '../../client/index.ts';
import { splitApiVersion } from '../../model/index.ts';
import type { DesiredObject } from '../desired/desired.ts';
import { isOfEnd } from '../desired/directives.ts';
import type { Identity } from '../desired/identity.ts';
import { builtInKind } from '../lint/faults.ts';
import type { Commit } from '../source/snapshot.ts';
import type { Wanted } from '../sync/wanted.ts';
import type { Veil } from '../veil.ts';
import { changesToObject, digestOfChange } from './object.ts';
import { toHookStep } from './hooks.ts';
import { arrange, digestOfSteps } from './plan.ts';
import type { ApplicationPlan, Step } from './steps.ts';
import { warningsOf } from './warnings.ts';

/** Kinds without a cluster: the built-in ones, and for any other a guess that serves to tell objects apart. */
export const OFFLINE_KINDS: Pick<Client, 'kindOf'> = {
  kindOf: async (apiVersion, kind) => builtInKind(apiVersion, kind) ?? guess(apiVersion, kind),
};

function guess(apiVersion: string, kind: string): KindRef<Manifest> {
  return { ...splitApiVersion(apiVersion), kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
}

interface Placed {
  readonly application: string;
  readonly object: DesiredObject;
}

/** What changes from one commit to another, as far as their manifests tell: no cluster is asked. */
export async function compareWanted(
  from: readonly Wanted[],
  to: readonly Wanted[],
  commit: Commit,
  veil: Veil,
): Promise<readonly ApplicationPlan[]> {
  const before = placesOf(from);
  const after = placesOf(to);
  const names = [...new Set([...from, ...to].map(({ name }) => name))].toSorted();
  const plans: ApplicationPlan[] = [];
  for (const application of names) {
    const wanted = to.find(({ name }) => name === application);
    const problems = wanted?.desired.problems ?? [];
    const steps: Step[] = [];
    const prunes: Step[] = [];
    if (problems.length === 0) {
      for (const object of wanted?.desired.objects ?? []) steps.push(await stepTo(object, before.get(object.identity), application, veil));
      for (const [identity, { application: owner, object }] of before) {
        if (owner === application && !after.has(identity)) prunes.push(pruneOf(object, veil));
      }
    }
    const isChanged = prunes.length > 0 || steps.some(({ op }) => op !== 'keep');
    const hooks = isChanged ? hooksOf(wanted ?? from.find(({ name }) => name === application), wanted === undefined) : [];
    const arranged = arrange(
      steps,
      prunes,
      hooks.map((hook) => toHookStep(hook, veil)),
    );
    plans.push({
      application,
      commit,
      steps: arranged,
      held: [],
      forgotten: [],
      moving: [],
      problems,
      warnings: warningsOf(arranged),
      digest: digestOfSteps(arranged),
    });
  }
  return plans;
}

/** What a sync runs, or the end of the application. */
function hooksOf(wanted: Wanted | undefined, goes: boolean): readonly DesiredObject[] {
  return wanted?.desired.hooks.filter(({ stage }) => isOfEnd(stage.phase) === goes) ?? [];
}

function placesOf(wanted: readonly Wanted[]): ReadonlyMap<Identity, Placed> {
  return new Map(
    wanted.flatMap(({ name, desired }) => desired.objects.map((object) => [object.identity, { application: name, object }] as const)),
  );
}

async function stepTo(desired: DesiredObject, was: Placed | undefined, application: string, veil: Veil): Promise<Step> {
  const after = shownOf(desired, veil);
  if (!was) return { op: 'create', target: desired, desired, after: veil.cover(desired.object), change: `create ${desired.digest}` };
  const before = shownOf(was.object, veil);
  const fields = changesToObject(before, after);
  if (fields.length === 0) return { op: 'keep', target: desired, desired, live: before };
  const places = await desired.origin.find(fields.map(({ path }) => path));
  return {
    op: 'update',
    target: desired,
    desired,
    before,
    after,
    fields: fields.map((field, i) => ({ ...field, line: places[i]?.line })),
    uid: '',
    resourceVersion: '',
    change: digestOfChange('', fields),
    ...(was.application === application ? {} : { from: was.application }),
  };
}

function pruneOf(object: DesiredObject, veil: Veil): Step {
  return { op: 'prune', target: object, before: veil.cover(object.object), uid: '', change: `prune ${object.digest}` };
}

/** With the defaults that both commits get anyway, so that writing one down is no change. */
function shownOf({ kind, object }: DesiredObject, veil: Veil): Manifest {
  const known = builtInKind(apiVersionOf(kind), kind.kind);
  return veil.cover(known ? known.defaults(object) : object);
}
