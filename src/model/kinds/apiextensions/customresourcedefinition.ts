import { dns1123Subdomain } from '../../meta/index.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, type CustomResourceDefinition } from '../../types/index.ts';
import { NAME } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { OPEN_METADATA } from '../kind.ts';
import { definitionProblems } from './definition-rules.ts';

export const CUSTOM_RESOURCE_DEFINITION = declareKind<CustomResourceDefinition>({
  ref: CUSTOM_RESOURCE_DEFINITIONS,
  schema: { definition: 'apiextensions.v1.CustomResourceDefinition' },
  name: dns1123Subdomain,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: (definition) => {
    const { spec, status } = definition;
    const { kind = '', singular = kind.toLowerCase(), listKind = `${kind}List` } = spec?.names ?? {};
    return {
      ...definition,
      spec: { ...spec, names: { ...spec?.names, singular, listKind }, conversion: spec?.conversion ?? { strategy: 'None' } },
      ...(status ? { status: { ...status, conditions: status.conditions ?? null } } : {}),
    };
  },
  initialStatus: ({ spec }) => ({
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: (spec.versions ?? []).filter(({ storage }) => storage).map(({ name }) => name),
  }),
  needsRevision: true,
  validate: definitionProblems,
  raisesGeneration: specChanged,
  columns: [NAME, { name: 'Created At', type: 'date', format: '', priority: 0 }],
  row: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? null],
});
