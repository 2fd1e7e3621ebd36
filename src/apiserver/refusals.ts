import { StatusError } from '../base/index.ts';
import { resourceName, type KindRef, type Manifest } from '../model/index.ts';

/** Kubernetes' words for what it refuses, in one place. */

type Named = Pick<KindRef, 'group' | 'plural'>;

const detailsOf = (kind: Named, name: string) => ({ name, ...(kind.group ? { group: kind.group } : {}), kind: kind.plural });

export const notServed = () => new StatusError('NotFound', 'the server could not find the requested resource', {});

export const methodNotAllowed = () =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export function notFound(kind: Named, name: string): StatusError {
  return new StatusError('NotFound', `${resourceName(kind)} ${JSON.stringify(name)} not found`, detailsOf(kind, name));
}

/** A name is free again only once the object that has it is gone. */
export function alreadyExists(kind: Named, { metadata: { name, deletionTimestamp } }: Manifest): StatusError {
  const going = deletionTimestamp ? 'object is being deleted: ' : '';
  return new StatusError('AlreadyExists', `${going}${resourceName(kind)} ${JSON.stringify(name)} already exists`, detailsOf(kind, name));
}

export function conflict(kind: Named, name: string, why: string): StatusError {
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${resourceName(kind)} ${JSON.stringify(name)}: ${why}`,
    detailsOf(kind, name),
  );
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(kind: Named, name: string, why: string, cause?: { reason: string; message: string; field: string }): StatusError {
  return new StatusError('Forbidden', `${resourceName(kind)} ${JSON.stringify(name)} is forbidden: ${why}`, {
    ...detailsOf(kind, name),
    ...(cause ? { causes: [cause] } : {}),
  });
}

/** What a custom resource's lists merge by is nobody's knowledge but its schema's: only apply knows it. */
export function notStrategic(): StatusError {
  const types = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'].join(', ');
  return new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types}`,
  );
}

const YAML_ERRORS = 'yaml: unmarshal errors:\n';

/** What a document in YAML names twice is one error. */
export const yamlErrors = (lines: readonly string[]) => `${YAML_ERRORS}${lines.map((line) => `  ${line}`).join('\n')}`;

/** As a warning, each of its lines stands alone. */
export function yamlLines(text: string): readonly string[] {
  return text.startsWith(YAML_ERRORS)
    ? text
        .slice(YAML_ERRORS.length)
        .split('\n')
        .map((line) => line.trim())
    : [text];
}
