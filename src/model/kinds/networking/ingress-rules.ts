import { isIP } from 'node:net';
import { dns1035Label, dns1123Subdomain, mapKey, pathSegment, portName, wildcardSubdomain, type FieldPath } from '../../meta/index.ts';
import type { Ingress, IngressBackend, IngressPath, IngressRule } from '../../types/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { subdomainProblems } from '../rules/metadata.ts';
import { validatePort } from '../rules/numbers.ts';

const SPEC: FieldPath = ['spec'];
/** How a class was named before there was a field for it. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const NOT_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const NOT_AT_END = ['/..', '/.'];

export function validateIngress({ metadata, spec }: Ingress, old?: Ingress): FieldProblem[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName: name } = spec;
  const annotated = metadata.annotations?.[CLASS_ANNOTATION];
  return [
    ...(!old && annotated !== undefined && name !== undefined
      ? [invalid(['metadata', 'annotations', mapKey(CLASS_ANNOTATION)], annotated, 'can not be set when the class field is also set')]
      : []),
    ...(rules.length === 0 && !defaultBackend
      ? [invalid(SPEC, spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, [...SPEC, 'defaultBackend']) : []),
    ...rules.flatMap((rule, i) => validateRule(rule, [...SPEC, 'rules', i])),
    ...tls.flatMap(({ hosts = [], secretName }, i) => [
      ...hosts.flatMap((host, j) => hostProblems(host).map((why) => invalid([...SPEC, 'tls', i, 'hosts', j], host, why))),
      ...(secretName ? subdomainProblems(secretName, [...SPEC, 'tls', i, 'secretName']) : []),
    ]),
    ...(name === undefined ? [] : subdomainProblems(name, [...SPEC, 'ingressClassName'])),
  ];
}

const hostProblems = (host: string) => (host.includes('*') ? wildcardSubdomain(host) : dns1123Subdomain(host));

function validateRule({ host, http }: IngressRule, path: FieldPath): FieldProblem[] {
  const at = [...path, 'host'];
  const isAddress = host !== undefined && isIP(host) !== 0;
  return [
    ...(isAddress ? [invalid(at, host, 'must be a DNS name, not an IP address')] : []),
    ...(host && !isAddress ? hostProblems(host).map((why) => invalid(at, host, why)) : []),
    ...(http && !http.paths?.length ? [required([...path, 'http', 'paths'])] : []),
    ...(http?.paths ?? []).flatMap((one, i) => validatePath(one, [...path, 'http', 'paths', i])),
  ];
}

function validatePath({ path: text = '', pathType, backend }: IngressPath, path: FieldPath): FieldProblem[] {
  return [
    ...(pathType === undefined ? [required([...path, 'pathType'], 'pathType must be specified')] : []),
    ...(pathType !== undefined && !PATH_TYPES.includes(pathType) ? [notSupported([...path, 'pathType'], pathType, PATH_TYPES)] : []),
    ...pathProblems(text, pathType).map((why) => invalid([...path, 'path'], text, why)),
    ...validateBackend(backend ?? {}, [...path, 'backend']),
  ];
}

function pathProblems(text: string, type: IngressPath['pathType'] | undefined): readonly string[] {
  const isRelative = !text.startsWith('/');
  if (type === 'ImplementationSpecific') return text !== '' && isRelative ? ['must be an absolute path'] : [];
  if (type !== 'Exact' && type !== 'Prefix') return [];
  return [
    ...(isRelative ? ['must be an absolute path'] : []),
    ...NOT_IN_PATHS.filter((part) => text.includes(part)).map((part) => `must not contain '${part}'`),
    ...NOT_AT_END.filter((part) => text.endsWith(part)).map((part) => `cannot end with '${part}'`),
  ];
}

function validateBackend({ service, resource }: IngressBackend, path: FieldPath): FieldProblem[] {
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return validateReference(resource, [...path, 'resource']);
  if (!service) return [required(path, 'resource or service backend is required')];
  const at = [...path, 'service'];
  const { name, port } = service;
  return [
    ...(name ? dns1035Label(name).map((why) => invalid([...at, 'name'], name, why)) : [required([...at, 'name'])]),
    ...validateServicePort(port ?? {}, at),
  ];
}

function validateServicePort({ name, number }: { name?: string; number?: number }, path: FieldPath): FieldProblem[] {
  if (name && number) return [invalid(path, '', 'cannot set both port name & port number')];
  if (name) return portName(name).map((why) => invalid([...path, 'port', 'name'], name, why));
  return number ? validatePort(number, [...path, 'port', 'number']) : [required(path, 'port name or number is required')];
}

/** A reference to anything by its kind and name. */
export function validateReference(
  reference: { readonly apiGroup?: string; readonly kind: string; readonly name: string },
  path: FieldPath,
): FieldProblem[] {
  const { apiGroup } = reference;
  return [
    ...(apiGroup === undefined ? [] : subdomainProblems(apiGroup, [...path, 'apiGroup'])),
    ...(['kind', 'name'] as const).flatMap((field) => {
      const text = reference[field];
      return text ? pathSegment(text).map((why) => invalid([...path, field], text, why)) : [required([...path, field])];
    }),
  ];
}
