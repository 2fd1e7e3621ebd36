import { APPLICATIONS, apiVersionOf, SYSTEM_NAMESPACE, type Application, type Manifest } from '../../model/index.ts';
import { builtInKind, faultsOf } from '../lint/faults.ts';
import { fileProblem, type Problem } from '../problem.ts';
import type { Origin, RenderedObject } from '../render/render.ts';

export type ApplicationSpec = Application['spec'];

/** An application that somebody wrote down: in the commit, or in the cluster alone. */
export interface DeclaredApplication {
  readonly name: string;
  readonly spec: ApplicationSpec;
  /** Undefined for one that only the cluster has. */
  readonly origin: Origin | undefined;
  readonly problems: readonly Problem[];
}

export function isApplication({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): boolean {
  return kind === APPLICATIONS.kind && apiVersion === apiVersionOf(APPLICATIONS);
}

/** The Applications among rendered objects. A policy that is not valid is no policy: it is a problem of its application too. */
export async function declaredIn(objects: readonly RenderedObject[]): Promise<readonly DeclaredApplication[]> {
  const found: DeclaredApplication[] = [];
  for (const { object, origin } of objects) if (isApplication(object)) found.push(await toDeclared(object, origin));
  return found;
}

async function toDeclared(manifest: Manifest, origin: Origin): Promise<DeclaredApplication> {
  const kind = builtInKind(manifest.apiVersion, manifest.kind)!;
  const { name, namespace = SYSTEM_NAMESPACE } = manifest.metadata;
  const faults = faultsOf(kind, { ...manifest, metadata: { ...manifest.metadata, namespace } });
  const places = await origin.find(faults.map(({ path }) => path));
  const problems: Problem[] = faults.map(({ message }, i) => ({
    file: origin.file,
    ...(places[i] ?? { line: origin.line, column: 1 }),
    code: 'Refused',
    message: `Application ${name}: ${message}`,
  }));
  if (namespace !== SYSTEM_NAMESPACE) problems.push(misplaced(name, namespace, origin));
  const { spec } = manifest as unknown as Partial<Pick<Application, 'spec'>>;
  const path = typeof spec?.path === 'string' ? normalizePath(spec.path) : '';
  return { name, spec: { ...spec, path }, origin, problems };
}

function misplaced(name: string, namespace: string, origin: Origin): Problem {
  const why = `Application ${name} is in the namespace ${namespace}: Applications live in ${SYSTEM_NAMESPACE}, which is also theirs when they name none`;
  return { ...fileProblem(origin.file, 'Refused', why), line: origin.line };
}

/** `./apps/web/` as `apps/web`, the top as `.`. */
export function normalizePath(path: string): string {
  return (
    path
      .split('/')
      .filter((step) => step !== '' && step !== '.')
      .join('/') || '.'
  );
}
