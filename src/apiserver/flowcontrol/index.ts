/** Who may ask how much at once, as far as the API tells of it: the first objects, and what becomes of their references. */
export { keepFlowControl } from './keep.ts';
