/** Lists each Service's pods in an Endpoints object of its name, for clients that do not read slices yet. */
export { endpointsController } from './controller.ts';
export { decideEndpoints } from './decide.ts';
