/** Requests for certificates: kubelets' are approved by right, approved ones are signed, and old ones are removed. */
export { approvingController } from './approving.ts';
export { cleaningController } from './cleaning.ts';
export { signingController, type SignCertificate, type WantedCertificate } from './signing.ts';
