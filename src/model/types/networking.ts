import type { Condition, IntOrString, KindRef, KubeObject, LabelSelector } from '../meta/index.ts';
import type { Protocol } from './containers.ts';

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly name?: string; readonly number?: number } };
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly backend: IngressBackend;
}

export interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths: readonly IngressPath[] };
}

export interface Ingress extends KubeObject {
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly IngressRule[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly IngressAddress[] } };
}

export interface IngressAddress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ports?: readonly { readonly port: number; readonly protocol: Protocol; readonly error?: string }[];
}

export interface IngressClass extends KubeObject {
  readonly spec?: {
    readonly controller?: string;
    readonly parameters?: {
      readonly apiGroup?: string;
      readonly kind: string;
      readonly name: string;
      readonly scope?: 'Cluster' | 'Namespace';
      readonly namespace?: string;
    };
  };
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface NetworkPolicyPort {
  readonly protocol?: Protocol;
  readonly port?: IntOrString;
  readonly endPort?: number;
}

export interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly ingress?: readonly { readonly ports?: readonly NetworkPolicyPort[]; readonly from?: readonly NetworkPolicyPeer[] }[];
    readonly egress?: readonly { readonly ports?: readonly NetworkPolicyPort[]; readonly to?: readonly NetworkPolicyPeer[] }[];
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
  };
}

export interface ServiceCidr extends KubeObject {
  readonly spec: { readonly cidrs?: readonly string[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface IpAddress extends KubeObject {
  readonly spec: {
    readonly parentRef?: { readonly group?: string; readonly resource?: string; readonly namespace?: string; readonly name?: string };
  };
}

const networking = <T>(kind: string, plural: string, namespaced = true): KindRef<T> => ({
  group: 'networking.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const INGRESSES = networking<Ingress>('Ingress', 'ingresses');
export const INGRESS_CLASSES = networking<IngressClass>('IngressClass', 'ingressclasses', false);
export const NETWORK_POLICIES = networking<NetworkPolicy>('NetworkPolicy', 'networkpolicies');
/** Out of which Services are given their addresses. */
export const SERVICE_CIDRS = networking<ServiceCidr>('ServiceCIDR', 'servicecidrs', false);
/** Who has an address. */
export const IP_ADDRESSES = networking<IpAddress>('IPAddress', 'ipaddresses', false);
