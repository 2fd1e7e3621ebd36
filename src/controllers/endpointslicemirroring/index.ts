/** Copies Endpoints that somebody keeps by hand, for a Service without a selector, into the EndpointSlices that are read. */
export { endpointSliceMirroringController } from './controller.ts';
export { decideMirrors, mirrorOf } from './decide.ts';
