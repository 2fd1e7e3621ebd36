import type { KindRef, KubeObject } from '../meta/index.ts';
import type { NodeSelectorTerm } from './placement.ts';

export interface DeviceRequest {
  readonly exactly?: DeviceWish;
  readonly firstAvailable?: readonly DeviceWish[];
}

export interface DeviceWish {
  readonly allocationMode?: string;
  readonly count?: number;
  readonly tolerations?: readonly { readonly operator?: string }[];
}

export interface ResourceClaimSpec {
  readonly devices?: { readonly requests?: readonly DeviceRequest[] };
}

/** Devices that somebody wants, and has once they are allocated. */
export interface ResourceClaim extends KubeObject {
  readonly spec?: ResourceClaimSpec;
  readonly status?: {
    readonly allocation?: { readonly nodeSelector?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } };
    readonly reservedFor?: readonly { readonly resource: string; readonly name: string; readonly uid: string }[];
  };
}

export const RESOURCE_CLAIMS: KindRef<ResourceClaim> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
};
