import { formatPath, type FieldProblem, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

/** What is wrong with a new object: `field: message`. */
export function problemsOf(kind: string, spec: object, metadata: object = {}, apiVersion = 'v1'): string[] {
  const found = registry.byApiVersion(apiVersion, kind)!;
  const given = {
    apiVersion,
    kind,
    metadata: { name: 'x', ...(found.namespaced ? { namespace: 'default' } : {}), ...metadata },
    spec,
  };
  return told(found.validate(found.prepareCreate(found.defaults(given as unknown as Manifest))));
}

/** What is wrong with an update of one object to another. */
export function updateProblems(kind: string, old: object, after: object): string[] {
  const found = registry.byApiVersion('v1', kind)!;
  const complete = (object: object) => found.defaults({ apiVersion: 'v1', kind, ...object } as unknown as Manifest);
  const before = complete(old);
  return told(found.validate(found.prepareUpdate(complete(after), before), before));
}

export const told = (problems: readonly FieldProblem[]) => problems.map(({ path, message }) => `${formatPath(path)}: ${message}`);
