/** Lists, for each Service with a selector, the addresses of its pods in EndpointSlices. */
export { endpointSliceController } from './controller.ts';
export { decideSlices, type SliceChanges } from './slices.ts';
