import type { Manifest } from '../../model/index.ts';
import { HOOK } from '../render/file.ts';
import { identityOf, type Identity } from './identity.ts';

export const HOOK_PHASES = ['PreSync', 'Sync', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete'] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

/** Whether hooks of this phase run when the application goes, and in no sync. */
export function isOfEnd(phase: HookPhase): boolean {
  return phase === 'PreDelete' || phase === 'PostDelete';
}

/** `BeforeCreation` is always so: a hook that ran before makes room for the next run. */
export type HookEnd = 'Succeeded' | 'Failed';

/** What a manifest says of how it is applied, in the words of Argo CD, Flux and kpt. */
export interface Directives {
  readonly wave: number;
  /** Run in these phases of each sync, or of the application's end, and not kept as an object of it. */
  readonly hooks: readonly HookPhase[];
  /** After which ends a hook is deleted. */
  readonly hookDelete: readonly HookEnd[];
  /** It is never pruned. */
  readonly keepWhenRemoved: boolean;
  /** It goes only when a person says so. */
  readonly askWhenRemoved: boolean;
  /** It stays when its application goes. */
  readonly keepWithoutApplication: boolean;
  /** It may be deleted and made anew, where the API allows a change to no living object. */
  readonly force: boolean;
  /** It is written as a whole: what others added to it goes. */
  readonly replace: boolean;
  /** `never`: it is not looked at; `once`: it is made and then left alone. */
  readonly apply: 'always' | 'once' | 'never';
  /** Its kind may come later: until it is served, the object is left out. */
  readonly awaitKind: boolean;
  readonly createNamespace: boolean;
  /** Objects of the same application that are healthy before it is applied. */
  readonly dependsOn: readonly Identity[];
}

export const PLAIN: Directives = {
  wave: 0,
  hooks: [],
  hookDelete: [],
  keepWhenRemoved: false,
  askWhenRemoved: false,
  keepWithoutApplication: false,
  force: false,
  replace: false,
  apply: 'always',
  awaitKind: false,
  createNamespace: false,
  dependsOn: [],
};

const WAVE = 'argocd.argoproj.io/sync-wave';
const HOOK_DELETE = 'argocd.argoproj.io/hook-delete-policy';
export const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';
const FLUX = 'kustomize.toolkit.fluxcd.io/';
const DEPENDS_ON = 'config.kubernetes.io/depends-on';

/** No phase: the object is left out. */
const SKIP = 'Skip';

export interface DirectiveFault {
  readonly annotation: string;
  readonly message: string;
}

type Told = { readonly directives: Directives; readonly faults: readonly DirectiveFault[] };

const NOTHING_TOLD: Told = { directives: PLAIN, faults: [] };

export function readDirectives({ metadata }: Pick<Manifest, 'metadata'>): Told {
  const annotations = metadata.annotations ?? {};
  if (!Object.keys(annotations).some((name) => name.startsWith('argocd.') || name.startsWith(FLUX) || name === DEPENDS_ON)) {
    return NOTHING_TOLD;
  }
  const faults: DirectiveFault[] = [];
  const wrong = (annotation: string, message: string) => void faults.push({ annotation, message: `${annotation}: ${message}` });
  const hooks = wordsOf(annotations[HOOK]);
  const options = new Set(wordsOf(annotations[SYNC_OPTIONS]));
  const flux = (name: string) => annotations[`${FLUX}${name}`]?.toLowerCase();
  const directives: Directives = {
    wave: readWave(annotations[WAVE], wrong),
    hooks: hooks.filter((name) => isPhase(name, wrong)) as HookPhase[],
    hookDelete: wordsOf(annotations[HOOK_DELETE]).flatMap((policy) => endOf(policy, wrong)),
    keepWhenRemoved: options.has('Prune=false') || flux('prune') === 'disabled',
    askWhenRemoved: options.has('Prune=confirm') || options.has('Delete=confirm'),
    keepWithoutApplication: options.has('Delete=false'),
    force: options.has('Force=true') || flux('force') === 'enabled',
    replace: options.has('Replace=true'),
    apply: applyOf(hooks, flux),
    awaitKind: options.has('SkipDryRunOnMissingResource=true'),
    createNamespace: options.has('CreateNamespace=true'),
    dependsOn: wordsOf(annotations[DEPENDS_ON]).flatMap((text) => referenceOf(text, wrong)),
  };
  return { directives, faults };
}

/** Marked so that nobody writes it, in its manifest or as it lives. */
export function isLeftToItself(object: Pick<Manifest, 'metadata'>): boolean {
  return readDirectives(object).directives.apply === 'never';
}

type Wrong = (annotation: string, message: string) => void;

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function readWave(text: string | undefined, wrong: Wrong): number {
  if (text === undefined) return 0;
  if (/^[+-]?\d{1,9}$/.test(text.trim())) return Number(text);
  wrong(WAVE, `expected a whole number such as "-1", not ${JSON.stringify(text)}`);
  return 0;
}

function isPhase(name: string, wrong: Wrong): boolean {
  if ((HOOK_PHASES as readonly string[]).includes(name)) return true;
  if (name !== SKIP) wrong(HOOK, `there is no hook ${name}: expected ${[...HOOK_PHASES, SKIP].join(', ')}`);
  return false;
}

function endOf(policy: string, wrong: Wrong): readonly HookEnd[] {
  if (policy === 'HookSucceeded') return ['Succeeded'];
  if (policy === 'HookFailed') return ['Failed'];
  if (policy !== 'BeforeHookCreation') {
    wrong(HOOK_DELETE, `there is no policy ${policy}: expected HookSucceeded, HookFailed, BeforeHookCreation`);
  }
  return [];
}

function applyOf(hooks: readonly string[], flux: (name: string) => string | undefined): Directives['apply'] {
  if (hooks.includes(SKIP) || flux('reconcile') === 'disabled' || flux('ssa') === 'ignore') return 'never';
  return flux('ssa') === 'ifnotpresent' ? 'once' : 'always';
}

/** `apps/namespaces/default/Deployment/web`, or `rbac.authorization.k8s.io/ClusterRole/reader`; the core group is empty. */
function referenceOf(text: string, wrong: Wrong): readonly Identity[] {
  const parts = text.split('/');
  const [group = '', kind, name, namespace] =
    parts.length === 5 && parts[1] === 'namespaces' ? [parts[0], parts[3], parts[4], parts[2]] : [parts[0], parts[1], parts[2]];
  if ((parts.length !== 5 && parts.length !== 3) || !kind || !name) {
    wrong(DEPENDS_ON, `expected GROUP/namespaces/NAMESPACE/KIND/NAME or GROUP/KIND/NAME, not ${JSON.stringify(text)}`);
    return [];
  }
  return [identityOf({ apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, namespace, name })];
}
