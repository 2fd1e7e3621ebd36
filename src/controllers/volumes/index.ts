/** Binds claims to volumes, and makes volumes for claims of the built-in class: directories of this machine. */
export { volumeController, type LocalVolumes } from './controller.ts';
export { chooseVolume } from './match.ts';
export { decideVolume } from './volume.ts';
