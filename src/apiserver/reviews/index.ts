/** What is asked of the API server by posting and never kept: who may what, who somebody is, and tokens for service accounts. */
import { oncePerObject, ownMember } from '../../base/index.ts';
import { formatTime, resourceName, TOKEN_REQUEST, type Kind, type Manifest } from '../../model/index.ts';
import { rulesFor, type Policies } from '../access/index.ts';
import type { Caller, Place, Review, Reviews } from '../api.ts';
import { issueToken, type Authorize, type IssueOptions, type KnowsToken } from '../auth/index.ts';
import { decode } from '../verbs/decode.ts';
import { answered, reviewAccess, reviewOwnAccess, reviewRules } from './access.ts';
import { reviewToken, userInfo } from './identity.ts';

interface ReviewOptions {
  readonly policies: Policies;
  readonly authorize: Authorize;
  readonly knows: KnowsToken;
  readonly issue: IssueOptions;
}

/** By resource and subresource. */
type Table = Readonly<Record<string, Readonly<Record<string, Review>>>>;

export function openReviews({ policies, authorize, knows, issue }: ReviewOptions): Reviews {
  const table: Table = {
    'selfsubjectaccessreviews.authorization.k8s.io': {
      '': reviewing((kind, body, caller) => reviewOwnAccess(kind, body, caller, authorize)),
    },
    'subjectaccessreviews.authorization.k8s.io': {
      '': reviewing((kind, body) => reviewAccess(kind, body, undefined, authorize)),
    },
    'localsubjectaccessreviews.authorization.k8s.io': {
      '': reviewing((kind, body, _, { namespace }) => reviewAccess(kind, body, namespace, authorize)),
    },
    'selfsubjectrulesreviews.authorization.k8s.io': {
      '': reviewing((_, body, caller) => reviewRules(body, (namespace) => rulesFor(policies, caller, namespace))),
    },
    'selfsubjectreviews.authentication.k8s.io': {
      '': ({ kind }, body, caller) => {
        const metadata = { creationTimestamp: formatTime(issue.clock.now()) } as Manifest['metadata'];
        return Promise.resolve(answered(kind, { ...decode(kind, body, {}).object, metadata }, { userInfo: userInfo(caller) }));
      },
    },
    'tokenreviews.authentication.k8s.io': { '': reviewing((_, body) => reviewToken(body, knows)) },
    serviceaccounts: {
      token: ({ name, namespace }, body) =>
        issueToken(issue, { name: name!, namespace: namespace! }, decode(TOKEN_REQUEST, body, {}).object),
    },
  };
  const reviewsOf = oncePerObject((kind: Kind) => ownMember(table, resourceName(kind)));
  return ({ kind, subresource = '' }) => reviewsOf(kind)?.[subresource];
}

type Status = object | undefined;

function reviewing(review: (kind: Kind, body: Manifest, caller: Caller, place: Place) => Status | Promise<Status>): Review {
  return async (place, body, caller) => {
    const { object } = decode(place.kind, body, {});
    return answered(place.kind, object, (await review(place.kind, object, caller, place)) ?? {});
  };
}
