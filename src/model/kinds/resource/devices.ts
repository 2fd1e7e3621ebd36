import { dns1123Subdomain, type KindRef, type KubeObject } from '../../meta/index.ts';
import { RESOURCE_CLAIMS, type DeviceRequest, type DeviceWish, type ResourceClaim, type ResourceClaimSpec } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { OPEN_METADATA } from '../kind.ts';
import { immutable } from '../rules/metadata.ts';

/** Devices are stored and shown, for schedulers and drivers that list them; nothing here hands them out. */

interface ResourceClaimTemplate extends KubeObject {
  readonly spec?: { readonly metadata?: object; readonly spec?: ResourceClaimSpec };
}

interface ResourceSlice extends KubeObject {
  readonly spec?: { readonly driver?: string; readonly nodeName?: string; readonly pool?: { readonly name?: string } };
}

const ref = <T>(kind: string, plural: string, namespaced: boolean): KindRef<T> => ({
  group: 'resource.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

const NAME_AND_AGE = { columns: [NAME, AGE] } as const;

export const DEVICE_CLASS = declareKind<KubeObject & { spec?: unknown }>({
  ref: ref('DeviceClass', 'deviceclasses', false),
  schema: { definition: 'resource.v1.DeviceClass' },
  name: dns1123Subdomain,
  defaults: (kind) => ({ ...kind, spec: kind.spec ?? {} }),
  raisesGeneration: specChanged,
  ...NAME_AND_AGE,
  row: (kind, clock) => [kind.metadata.name, ageOf(kind, clock)],
});

export const RESOURCE_CLAIM = declareKind<ResourceClaim>({
  ref: RESOURCE_CLAIMS,
  schema: { definition: 'resource.v1.ResourceClaim' },
  name: dns1123Subdomain,
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: (claim) => ({ ...claim, spec: defaultClaim(claim.spec) }),
  initialStatus: () => ({}),
  validate: ({ spec }, old) => (old ? immutable(spec, old.spec, ['spec']) : []),
  columns: [NAME, textColumn('State'), AGE],
  row: (claim, clock) => [claim.metadata.name, stateOf(claim), ageOf(claim, clock)],
});

export const RESOURCE_CLAIM_TEMPLATE = declareKind<ResourceClaimTemplate>({
  ref: ref('ResourceClaimTemplate', 'resourceclaimtemplates', true),
  schema: { definition: 'resource.v1.ResourceClaimTemplate' },
  name: dns1123Subdomain,
  defaults: (template) => ({
    ...template,
    spec: { ...template.spec, metadata: template.spec?.metadata ?? {}, spec: defaultClaim(template.spec?.spec) },
  }),
  validate: ({ spec }, old) => (old ? immutable(spec, old.spec, ['spec']) : []),
  ...NAME_AND_AGE,
  row: (template, clock) => [template.metadata.name, ageOf(template, clock)],
});

export const RESOURCE_SLICE = declareKind<ResourceSlice>({
  ref: ref('ResourceSlice', 'resourceslices', false),
  schema: { definition: 'resource.v1.ResourceSlice' },
  name: dns1123Subdomain,
  validate: ({ spec }, old) =>
    old ? (['driver', 'nodeName'] as const).flatMap((field) => immutable(spec?.[field], old.spec?.[field], ['spec', field])) : [],
  raisesGeneration: specChanged,
  columns: [NAME, ...['Node', 'Driver', 'Pool'].map(textColumn), AGE],
  row: (slice, clock) => {
    const { nodeName = '', driver = '', pool } = slice.spec ?? {};
    return [slice.metadata.name, nodeName, driver, pool?.name ?? '', ageOf(slice, clock)];
  },
  selectable: { 'spec.nodeName': ({ spec }) => spec?.nodeName ?? '', 'spec.driver': ({ spec }) => spec?.driver ?? '' },
});

function defaultClaim(spec: ResourceClaimSpec | undefined): ResourceClaimSpec {
  const { devices = {} } = spec ?? {};
  return { ...spec, devices: devices.requests ? { ...devices, requests: devices.requests.map(defaultRequest) } : devices };
}

function defaultRequest(request: DeviceRequest): DeviceRequest {
  return {
    ...request,
    ...(request.exactly ? { exactly: defaultWish(request.exactly) } : {}),
    ...(request.firstAvailable ? { firstAvailable: request.firstAvailable.map(defaultWish) } : {}),
  };
}

function defaultWish(wish: DeviceWish): DeviceWish {
  const { allocationMode = 'ExactCount', tolerations } = wish;
  return {
    ...wish,
    allocationMode,
    ...(allocationMode === 'ExactCount' ? { count: wish.count || 1 } : {}),
    ...(tolerations ? { tolerations: tolerations.map((toleration) => ({ operator: 'Equal', ...toleration })) } : {}),
  };
}

function stateOf({ metadata, status }: ResourceClaim): string {
  const states = status?.allocation ? ['allocated', ...(status.reservedFor?.length ? ['reserved'] : [])] : [];
  if (metadata.deletionTimestamp) return ['deleted', ...states].join(',');
  return states.length > 0 ? states.join(',') : 'pending';
}
