/** What an image's name says. */
export interface ImageReference {
  /** The registry, as it is logged in to. */
  readonly registry: string;
  /** Below the registry. */
  readonly repository: string;
}

const PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^(?:((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\\d+)?)/)?` +
    `(${PART}(?:/${PART})*)(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?$`,
);

/** A name without a registry means this one. */
const DEFAULT_REGISTRY = 'docker.io';

/** What the library that registries' tools use says of what is no name of an image. */
export function referenceProblem(name: string): string {
  const [first = '', ...others] = name.split('/');
  const isRegistry = others.length > 0 && (/[.:]|^localhost$/.test(first) || first !== first.toLowerCase());
  const rest = isRegistry ? others.join('/') : others.length > 0 ? name : `library/${name}`;
  const repository = rest.split(':')[0]!;
  const isShouted = repository !== repository.toLowerCase();
  return `invalid reference format${isShouted ? `: repository name (${repository}) must be lowercase` : ''}`;
}

/** Undefined for what is no name of an image. */
export function parseReference(name: string): ImageReference | undefined {
  const found = REFERENCE.exec(name);
  if (!found) return undefined;
  const [, host, rest = ''] = found;
  if (host && /[.:]|^localhost$/.test(host)) return { registry: host, repository: rest };
  const repository = host ? `${host}/${rest}` : rest;
  // The first part of a name is a registry only where it looks like one, and no repository has capitals.
  if (repository !== repository.toLowerCase()) return undefined;
  return { registry: DEFAULT_REGISTRY, repository: repository.includes('/') ? repository : `library/${repository}` };
}
