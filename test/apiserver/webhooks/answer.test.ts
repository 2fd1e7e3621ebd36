import { expect, test } from 'vitest';
import { StatusError } from '../../../src/base/index.ts';
import { heed, readAnswer } from '../../../src/apiserver/webhooks/answer.ts';

const asked = { apiVersion: 'admission.k8s.io/v1', uid: 'u', mutating: true };
const review = (response: object | undefined, more: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response,
  ...more,
});
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

test.each([
  [null, {}, 'webhook response is no AdmissionReview'],
  [review({ uid: 'u' }, { apiVersion: 'v2' }), {}, 'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got v2, Kind=AdmissionReview'],
  [review(undefined), {}, 'webhook response was absent'],
  [review({ uid: 'other' }), {}, 'expected response.uid="u", got "other"'],
  [review({ uid: 'u', patch: 'e30=' }), {}, 'webhook returned response.patch but not response.patchType'],
  [review({ uid: 'u', patchType: 'JSONPatch' }), {}, 'webhook returned response.patchType but not response.patch'],
  [review({ uid: 'u', patch: 'e30=', patchType: 'Merge' }), {}, 'webhook returned invalid response.patchType of "Merge"'],
  [review({ uid: 'u', patch: 'e30=', patchType: 'JSONPatch' }), { mutating: false }, 'validating webhook may not return response.patch'],
])('%j is no answer', (answer, more, why) => {
  expect(() => readAnswer(answer, { ...asked, ...more })).toThrow(`received invalid webhook response: ${why}`);
}); // prettier-ignore

test('a patch that is none is said to be so', () => {
  const answer = review({ uid: 'u', allowed: true, patch: encoded({}), patchType: 'JSONPatch' });
  expect(() => readAnswer(answer, asked)).toThrow('received undecodable patch in webhook response');
});

test('long and many warnings are cut short', () => {
  const warnings = ['x'.repeat(300), ...Array.from({ length: 50 }, (_, i) => `w${i}`)];
  const answer = readAnswer(review({ uid: 'u', warnings }), asked);
  expect(answer).toMatchObject({ warnings: [`${'x'.repeat(256)}...(truncated)`, ...warnings.slice(1, 32)] });
});

test.each([
  [undefined, 400, undefined, ' without explanation'],
  [{ message: 'm' }, 400, undefined, ': m'],
  [{ reason: 'Because' }, 400, 'Because', ': Because'],
  [{ message: 'm', reason: 'Forbidden', code: 403 }, 403, 'Forbidden', ': m'],
  [{ message: 'm', code: 200, status: 'Success' }, 400, undefined, ': m'],
  [{ message: 'm', code: 418 }, 418, undefined, ': m'],
])('a refusal with %j has code %i, reason %s and text%s', (status, code, reason, text) => {
  const hook = { configuration: 'c', webhook: { name: 'w.test.io' } };
  let refusal: unknown;
  try {
    heed(hook, { allowed: false, status: status as never, warnings: [], patch: [] });
  } catch (error) {
    refusal = error;
  }
  const said = JSON.parse(JSON.stringify((refusal as StatusError).toStatus())) as object;
  expect(said).toMatchObject({ status: 'Failure', code, message: `admission webhook "w.test.io" denied the request${text}` });
  expect('reason' in said ? said.reason : undefined).toBe(reason);
});
