import type { ControlPlane } from '../../tools/control-plane.ts';
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  type CustomResourceDefinition,
  type CustomResourceVersion,
  type Manifest,
} from '../../../src/model/index.ts';

export const GROUP = 'shop.example.com';

export interface Written {
  readonly plural?: string;
  readonly kind?: string;
  readonly names?: object;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly spec?: object;
  readonly versions?: readonly CustomResourceVersion[];
}

/** A version whose objects have these fields in their spec. */
export function version(
  properties: object,
  more: Partial<CustomResourceVersion> & { schema?: never; name?: string } = {},
): CustomResourceVersion {
  const spec = { type: 'object', properties };
  return {
    name: 'v1',
    served: true,
    storage: true,
    ...more,
    schema: {
      openAPIV3Schema: { type: 'object', properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    },
  };
}

export function definition({
  plural = 'websites',
  kind = 'Website',
  names = {},
  scope = 'Namespaced',
  versions,
  spec,
}: Written = {}): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope,
      names: { plural, kind, ...names },
      versions: versions ?? [version({ host: { type: 'string' } })],
      ...spec,
    },
  };
}

export const website = (name: string, spec: object = {}, more: object = {}, apiVersion = `${GROUP}/v1`): Manifest =>
  ({ apiVersion, kind: 'Website', metadata: { name, namespace: 'default' }, spec, ...more }) as unknown as Manifest;

export const WEBSITES = { group: GROUP, version: 'v1', kind: 'Website', plural: 'websites', namespaced: true };

export function define({ client }: Pick<ControlPlane, 'client'>, written: Written = {}): Promise<CustomResourceDefinition> {
  return client.create(CUSTOM_RESOURCE_DEFINITIONS, definition(written));
} // prettier-ignore
