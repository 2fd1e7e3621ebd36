import type { Client } from '../../client/index.ts';
import {
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  isSaid,
  readRequest,
  SIGNERS,
  SUBJECT_ACCESS_REVIEWS,
  type CertificateSigningRequest,
  type ObjectKey,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { kubeletClientProblem } from './signers.ts';

/** How a kubelet's request is allowed, the narrower right first: for itself, or for any node. */
const RIGHTS = [
  { subresource: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
  { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
] as const;

/** Approves what kubelets ask for to be clients, where who asks has the right to have it approved. */
export const approvingController: Controller = {
  name: 'certificatesigningrequest-approving',
  reads: [CERTIFICATE_SIGNING_REQUESTS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS],
  concurrency: 1,
  start: ({ client }) => {
    const requests = client.informer(CERTIFICATE_SIGNING_REQUESTS);
    const open = (all: readonly CertificateSigningRequest[]) =>
      all.filter((request) => rightsFor(request).length > 0).map(({ metadata }) => metadata.name);
    return {
      triggers: [
        on(CERTIFICATE_SIGNING_REQUESTS, ({ after }) => open(after ? [after] : [])),
        // Rights may come later.
        on(CLUSTER_ROLES, () => open(requests.list())),
        on(CLUSTER_ROLE_BINDINGS, () => open(requests.list())),
      ],
      reconcile: async (name: ObjectKey) => {
        const request = requests.get(name);
        for (const { subresource, message } of request ? rightsFor(request) : []) {
          if (!(await isAllowed(client, request!, subresource))) continue;
          await approve(client, request!, message);
          break;
        }
        return SETTLED;
      },
    };
  },
};

function rightsFor(request: CertificateSigningRequest): readonly (typeof RIGHTS)[number][] {
  const { spec, status } = request;
  if (spec.signerName !== SIGNERS.kubeletClient || status?.certificate || isSaid(request, 'Approved') || isSaid(request, 'Denied'))
    return [];
  const read = readRequest(spec.request);
  if (!read.ok || kubeletClientProblem(read.subject, spec.usages ?? [])) return [];
  return RIGHTS.filter(({ subresource }) => subresource === 'nodeclient' || spec.username === read.subject.commonName);
}

async function isAllowed(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username: user, uid, groups, extra } = spec;
  const { group, plural: resource } = CERTIFICATE_SIGNING_REQUESTS;
  const review = await client.create(SUBJECT_ACCESS_REVIEWS, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: { user, uid, groups, extra, resourceAttributes: { verb: 'create', group, resource, subresource } },
  });
  return review.status?.allowed ?? false;
}

async function approve(client: Client, { metadata, status }: CertificateSigningRequest, message: string): Promise<void> {
  const { name, resourceVersion } = metadata;
  const conditions = [...(status?.conditions ?? []), { type: 'Approved', status: 'True', reason: 'AutoApproved', message }];
  const patch = { metadata: { resourceVersion }, status: { conditions } };
  await client.patch({ kind: CERTIFICATE_SIGNING_REQUESTS, name, subresource: 'approval' }, { type: 'merge', patch }).catch(ignoreNotFound);
}
