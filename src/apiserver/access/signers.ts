import { CERTIFICATE_SIGNING_REQUESTS, changesIssuance, resourceName, type CertificateSigningRequest } from '../../model/index.ts';
import { isOf } from '../admission/step.ts';
import { MASTERS, type Authorize, type Identity } from '../auth/index.ts';
import { forbidden } from '../refusals.ts';
import type { Guard } from './guard.ts';

/** Who may write to requests for certificates may not therefore speak for every signer. */
export function guardSigners(authorize: Authorize): Guard {
  return ({ kind, object, old, subresource, caller }) => {
    if (!old || !subresource || !isOf(kind, resourceName(CERTIFICATE_SIGNING_REQUESTS)) || caller.groups.includes(MASTERS)) return;
    const before = old as unknown as CertificateSigningRequest;
    const verb = subresource === 'approval' ? 'approve' : 'sign';
    if (verb === 'sign' && !changesIssuance(object as unknown as CertificateSigningRequest, before)) return;
    const { signerName } = before.spec;
    if (maySpeakFor(authorize, caller, verb, signerName)) return;
    throw forbidden(kind, before.metadata.name, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
  };
}

/** For this one, or for all of its domain. */
function maySpeakFor(authorize: Authorize, who: Identity, verb: string, signerName: string): boolean {
  const [domain] = signerName.split('/');
  const wanted = { verb, group: CERTIFICATE_SIGNING_REQUESTS.group, resource: 'signers' };
  return [signerName, `${domain}/*`].some((name) => authorize(who, { ...wanted, name }).allowed);
}
