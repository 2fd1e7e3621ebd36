/** What a DaemonSet or StatefulSet has been: one numbered revision for each template, so that it can go back to one. */
export { decideHistory, surplusRevisions, templateOf, type History, type RevisionWish } from './decide.ts';
export { historian, type Historian } from './keep.ts';
