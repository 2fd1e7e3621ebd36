import type { KindRef, KubeObject } from '../meta/index.ts';

/** Questions that are posted and answered at once, and never kept. */

export interface UserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ResourceAttributes {
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: SelectorAttributes;
  readonly labelSelector?: SelectorAttributes;
}

export interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] }[];
}

export interface AccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly verb?: string; readonly path?: string };
}

export interface SelfSubjectAccessReview extends KubeObject {
  readonly spec?: AccessReviewSpec;
  readonly status?: { readonly allowed: boolean; readonly reason?: string };
}

export interface SubjectAccessReview extends SelfSubjectAccessReview {
  readonly spec?: AccessReviewSpec & Omit<UserInfo, 'username'> & { readonly user?: string };
}

export interface SelfSubjectRulesReview extends KubeObject {
  readonly spec?: { readonly namespace?: string };
}

export interface SelfSubjectReview extends KubeObject {
  readonly status?: { readonly userInfo?: UserInfo };
}

export interface TokenReview extends KubeObject {
  readonly spec?: { readonly token?: string; readonly audiences?: readonly string[] };
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: UserInfo;
    readonly audiences?: readonly string[];
    readonly error?: string;
  };
}

/** What a token is to end with. */
export interface BoundObjectReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** Posted to `serviceaccounts/token`. */
export interface TokenRequest extends KubeObject {
  readonly spec?: {
    readonly audiences?: readonly string[];
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: BoundObjectReference;
  };
  readonly status?: { readonly token: string; readonly expirationTimestamp: string };
}

const authorization = <T>(kind: string, namespaced = false): KindRef<T> => ({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced,
});

const authentication = <T>(kind: string, namespaced = false): KindRef<T> => ({
  ...authorization<T>(kind, namespaced),
  group: 'authentication.k8s.io',
});

export const SELF_SUBJECT_ACCESS_REVIEWS = authorization<SelfSubjectAccessReview>('SelfSubjectAccessReview');
export const SUBJECT_ACCESS_REVIEWS = authorization<SubjectAccessReview>('SubjectAccessReview');
export const LOCAL_SUBJECT_ACCESS_REVIEWS = authorization<SubjectAccessReview>('LocalSubjectAccessReview', true);
export const SELF_SUBJECT_RULES_REVIEWS = authorization<SelfSubjectRulesReview>('SelfSubjectRulesReview');
export const SELF_SUBJECT_REVIEWS = authentication<SelfSubjectReview>('SelfSubjectReview');
export const TOKEN_REVIEWS = authentication<TokenReview>('TokenReview');
/** Not a resource of its own: only a body. */
export const TOKEN_REQUESTS = authentication<TokenRequest>('TokenRequest', true);
