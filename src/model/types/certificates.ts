import type { KindRef, KubeObject } from '../meta/index.ts';

export interface CertificateRequestCondition {
  /** `Approved`, `Denied`, `Failed`, or what a signer calls it. */
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string | null;
  readonly lastTransitionTime?: string | null;
}

/** Somebody wants a certificate of a signer. Who it is, the server says. */
export interface CertificateSigningRequest extends KubeObject {
  readonly spec: {
    /** A PEM text in base64: PKCS#10. */
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly status?: {
    readonly conditions?: readonly CertificateRequestCondition[];
    /** PEM texts in base64. */
    readonly certificate?: string;
  };
}

export const CERTIFICATE_SIGNING_REQUESTS: KindRef<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
};

/** The signers that are part of a cluster. */
export const SIGNERS = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
} as const;

/** Whether a request has a condition of this type: what is decided of it is never taken back. */
export function isSaid({ status }: CertificateSigningRequest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type) ?? false;
}
