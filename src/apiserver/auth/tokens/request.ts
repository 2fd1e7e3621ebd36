import { randomUid, StatusError, type Clock, type Random } from '../../../base/index.ts';
import {
  apiVersionOf,
  formatTime,
  invalidObject,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  TOKEN_REQUESTS,
  type BoundObjectReference,
  type FieldProblem,
  type KindRef,
  type KubeObject,
  type Manifest,
  type Pod,
  type ServiceAccount,
  type TokenRequest,
} from '../../../model/index.ts';
import { conflict, notFound } from '../../refusals.ts';
import { signToken, type Find } from './accounts.ts';
import { claimsFor, type Grantee, type Reference } from './claims.ts';
import type { SigningKey } from './key.ts';
import { API_AUDIENCES } from './known.ts';

export interface IssueOptions {
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly random: Random;
  readonly find: Find;
}

const HOUR = 3600;
const SHORTEST = 600;
const LONGEST = 2 ** 32;

/** Makes a token for a service account, and gives the request back with it. */
export async function issueToken(
  { key, clock, random, find }: IssueOptions,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  request: TokenRequest,
): Promise<Manifest> {
  const account = find(SERVICE_ACCOUNTS, name, namespace);
  if (!account) throw notFound(SERVICE_ACCOUNTS, name);
  checkNames(request, name, namespace);
  const { audiences, expirationSeconds: seconds = HOUR, boundObjectRef } = request.spec ?? {};
  const problems = validate(seconds);
  if (problems.length > 0) throw invalidObject(TOKEN_REQUESTS, '', problems);
  const meant = audiences?.length ? audiences : API_AUDIENCES;
  const bound = boundObjectRef ? bind(find, account, boundObjectRef) : {};
  const grantee: Grantee = { namespace, account: { name, uid: account.metadata.uid! }, bound, audiences: meant, seconds };
  const now = clock.now();
  const claims = claimsFor(grantee, randomUid(random), now);
  return {
    kind: TOKEN_REQUESTS.kind,
    apiVersion: apiVersionOf(TOKEN_REQUESTS),
    metadata: { name, namespace, creationTimestamp: formatTime(now) },
    spec: { audiences: meant, expirationSeconds: seconds, boundObjectRef: boundObjectRef ?? null },
    status: { token: await signToken(claims, key), expirationTimestamp: formatTime(claims.exp * 1000) },
  };
}

function checkNames({ metadata }: TokenRequest, name: string, namespace: string): void {
  if (metadata.name && metadata.name !== name) {
    throw new StatusError('BadRequest', `the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw new StatusError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
  }
}

function validate(seconds: number): readonly FieldProblem[] {
  const why =
    seconds < SHORTEST
      ? 'may not specify a duration less than 10 minutes'
      : seconds > LONGEST
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (!why) return [];
  return [{ reason: 'FieldValueInvalid', path: ['spec', 'expirationSeconds'], message: `Invalid value: ${seconds}: ${why}` }];
}

/** The object that the token is to end with; a pod's token names its node too. */
function bind(find: Find, account: ServiceAccount, wanted: BoundObjectReference): Grantee['bound'] {
  const { kind = '', apiVersion = '', name = '' } = wanted;
  const { namespace } = account.metadata;
  switch (`${apiVersion}/${kind}`) {
    case 'v1/Pod': {
      const pod = present(PODS, find(PODS, name, namespace), wanted);
      const { serviceAccountName = 'default', nodeName } = (pod as Pod).spec;
      if (serviceAccountName !== account.metadata.name) {
        const why = 'to pod running with different serviceaccount name.';
        throw new StatusError('BadRequest', `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} ${why}`);
      }
      const node = nodeName ? find(NODES, nodeName) : undefined;
      return { pod: referenceTo(pod), ...(node ? { node: referenceTo(node) } : {}) };
    }
    case 'v1/Secret':
      return { secret: referenceTo(present(SECRETS, find(SECRETS, name, namespace), wanted)) };
    case 'v1/Node':
      return { node: referenceTo(present(NODES, find(NODES, name), wanted)) };
    default:
      throw new StatusError('BadRequest', `cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
  }
}

function present<T extends KubeObject>(kind: KindRef<T>, found: T | undefined, { name = '', uid }: BoundObjectReference): T {
  if (!found) throw notFound(kind, name);
  if (!uid || uid === found.metadata.uid) return found;
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  throw conflict(kind, name, why);
}

const referenceTo = ({ metadata: { name, uid } }: KubeObject): Reference => ({ name, uid: uid! });
