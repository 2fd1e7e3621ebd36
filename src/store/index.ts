/** Revisions, watch fan-out and the journal, which is the truth. It knows no kinds. */
export * from './store.ts';
export { memoryStore } from './memory.ts';
export { openStore, type JournalOptions } from './journal/open.ts';
export type { Retention, SnapshotPolicy } from './journal/upkeep.ts';
export type { JournalFile, JournalFiles } from './journal/files.ts';
export { readJournal, verifyJournal, type JournalRecord, type ReadOptions, type Verification } from './journal/read.ts';
