import { dns1123Label, dns1123Subdomain, domainPrefixedPath } from '../../meta/index.ts';
import { INGRESS_CLASSES, type IngressClass } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { immutable } from '../rules/metadata.ts';
import { validateReference } from './ingress-rules.ts';

const LONGEST_CONTROLLER = 250;
const SCOPES = ['Cluster', 'Namespace'];

type Parameters = NonNullable<NonNullable<IngressClass['spec']>['parameters']>;

export const INGRESS_CLASS = declareKind<IngressClass>({
  ref: INGRESS_CLASSES,
  schema: { definition: 'networking.v1.IngressClass' },
  name: dns1123Subdomain,
  defaults: (kind) => {
    const { parameters } = kind.spec ?? {};
    if (!parameters) return { ...kind, spec: kind.spec ?? {} };
    return { ...kind, spec: { ...kind.spec, parameters: { ...parameters, scope: parameters.scope ?? 'Cluster' } } };
  },
  validate: ({ spec = {} }, old) => {
    const { controller = '', parameters } = spec;
    const path = ['spec', 'controller'];
    return [
      ...(controller.length > LONGEST_CONTROLLER ? [tooLong(path, LONGEST_CONTROLLER)] : []),
      ...(controller === '' ? [required(path)] : domainPrefixedPath(controller).map((why) => invalid(path, controller, why))),
      ...(parameters ? validateParameters(parameters) : []),
      ...(old ? immutable(controller, old.spec?.controller ?? '', path) : []),
    ];
  },
  raisesGeneration: specChanged,
  columns: [NAME, ...['Controller', 'Parameters'].map(textColumn), AGE],
  row: (kind, clock) => {
    const { controller = '', parameters } = kind.spec ?? {};
    return [kind.metadata.name, controller, parametersCell(parameters), ageOf(kind, clock)];
  },
});

function parametersCell(parameters: Parameters | undefined): string {
  if (!parameters) return NONE;
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

function validateParameters(parameters: Parameters): FieldProblem[] {
  const { scope = '', namespace } = parameters;
  const path = ['spec', 'parameters'];
  return [
    ...validateReference(parameters, path),
    ...(SCOPES.includes(scope) ? [] : [notSupported([...path, 'scope'], scope, SCOPES)]),
    ...(scope === 'Namespace' && !namespace ? [required([...path, 'namespace'], "`parameters.scope` is set to 'Namespace'")] : []),
    ...(scope === 'Cluster' && namespace ? [forbidden([...path, 'namespace'], "`parameters.scope` is set to 'Cluster'")] : []),
    ...(namespace ? dns1123Label(namespace).map((why) => invalid([...path, 'namespace'], namespace, why)) : []),
  ];
}
