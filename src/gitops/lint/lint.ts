import type { Random } from '../../base/index.ts';
import { apiVersionOf, BUILT_IN_KINDS, splitApiVersion } from '../../model/index.ts';
import { DesiredBuilder, type DesiredObject } from '../desired/desired.ts';
import { formatTarget } from '../desired/identity.ts';
import { KindLookup } from '../desired/kinds.ts';
import { Pace } from '../pace.ts';
import { OFFLINE_KINDS } from '../plan/compare.ts';
import { byPlace, type Problem } from '../problem.ts';
import { RenderCache } from '../render/cache.ts';
import { readWorkTree } from '../source/worktree.ts';
import { Intake } from '../sync/intake.ts';
import { Veil } from '../veil.ts';
import { builtInKind, faultsOf, throughLists } from './faults.ts';

export interface LintReport {
  readonly problems: readonly Problem[];
  /** How many objects there are. */
  readonly objects: number;
  /** Kinds that only a cluster with their definitions could check, and how many objects have them. */
  readonly unchecked: ReadonlyMap<string, number>;
}

const OBJECTS_PER_TURN = 50;
const SERVED_GROUPS: ReadonlySet<string> = new Set(BUILT_IN_KINDS.map(({ group }) => group));

/** Checks the manifests of a folder without a cluster: all that parsing, schemas, rules and the division among applications can tell. `only`: of these files, as they stand among the others. */
export async function lintFolder(path: string, random: Random, only?: ReadonlySet<string>): Promise<LintReport> {
  const veil = new Veil(random.hex(32));
  const intake = new Intake(new DesiredBuilder(new KindLookup(OFFLINE_KINDS), veil), new RenderCache());
  const wanted = await intake.take(await readWorkTree(path), []);
  const problems: Problem[] = wanted.flatMap(({ desired }) => desired.problems);
  const unchecked = new Map<string, number>();
  const pace = new Pace(OBJECTS_PER_TURN);
  const isAsked = (file: string) => only === undefined || only.has(file);
  const objects = wanted
    .flatMap(({ desired }) => [...desired.objects, ...withoutPhases(desired.hooks)])
    .filter(({ origin }) => isAsked(origin.file));
  for (const object of objects) {
    const { apiVersion, kind } = object.object;
    if (builtInKind(apiVersion, kind)) problems.push(...(await judge(object, veil)));
    else if (SERVED_GROUPS.has(splitApiVersion(apiVersion).group)) problems.push(noSuchKind(object));
    else unchecked.set(`${kind} in ${apiVersion}`, (unchecked.get(`${kind} in ${apiVersion}`) ?? 0) + 1);
    await pace.spend(1);
  }
  const asked = problems.filter(({ file }) => isAsked(file));
  return { problems: withoutRepeats(asked).toSorted(byPlace), objects: objects.length, unchecked };
}

/** A hook of two phases is one object. */
function withoutPhases(hooks: readonly DesiredObject[]): readonly DesiredObject[] {
  return [...new Map(hooks.map((hook) => [hook.identity, hook] as const)).values()];
}

async function judge(desired: DesiredObject, veil: Veil): Promise<readonly Problem[]> {
  const { object, origin, kind } = desired;
  const faults = faultsOf(builtInKind(apiVersionOf(kind), kind.kind)!, object);
  const places = faults.length === 0 ? [] : await origin.find(faults.map(({ path }) => throughLists(object, path)));
  return faults.map(({ message }, i) => ({
    file: origin.file,
    ...(places[i] ?? { line: origin.line, column: 1 }),
    code: 'Refused',
    message: veil.scrub(object, `${formatTarget(desired)}: ${message}`),
  }));
}

function noSuchKind({ object, origin }: DesiredObject): Problem {
  const message = `Kubernetes has no kind ${object.kind} in ${object.apiVersion}`;
  return { file: origin.file, line: origin.line, column: 1, code: 'UnknownKind', message };
}

/** An Application that is not valid is told of itself and of its directory. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const known = new Set<string>();
  return problems.filter(({ file, line, message }) => {
    const key = `${file}:${line}:${message.slice(message.indexOf(': ') + 2)}`;
    return known.has(key) ? false : known.add(key);
  });
}
