import { messageOf, type Log } from '../../base/index.ts';
import { CommitRefused } from '../source/snapshot.ts';
import type { SourceFailure, ApplicationObjects } from './applications.ts';

type What = 'following' | 'reading';

interface Failure {
  readonly message: string;
  readonly commit: string | undefined;
}

/** For those who look at the state only: until both succeed again, what is applied is not what the repository says. */
export class SourceNote {
  readonly #applications: Pick<ApplicationObjects, 'noteSource'>;
  readonly #log: Log;
  readonly #failures = new Map<What, Failure>();
  /** What was noted last: nothing to say is empty. */
  #last: string | undefined;
  #noted: Promise<void> = Promise.resolve();

  constructor(applications: Pick<ApplicationObjects, 'noteSource'>, log: Log) {
    this.#applications = applications;
    this.#log = log;
  }

  /** `tip`: the commit at which it failed, where the failure names none. It counts as that commit's own when it is there a second time. */
  failed(what: What, error: unknown, tip?: string): void {
    const message = messageOf(error);
    const isAgain = this.#failures.get(what)?.message === message;
    this.#failures.set(what, { message, commit: error instanceof CommitRefused ? error.commit : isAgain ? tip : undefined });
    this.#write();
  }

  succeeded(what: What): void {
    this.#failures.delete(what);
    this.#write();
  }

  settled(): Promise<void> {
    return this.#noted;
  }

  #write(): void {
    const note = this.#whole();
    const text = note ? JSON.stringify(note) : '';
    if (text === this.#last) return;
    this.#last = text;
    this.#noted = this.#noted
      .then(() => this.#applications.noteSource(note))
      .catch((failure: unknown) => {
        this.#last = undefined;
        this.#log.warn({ error: messageOf(failure) }, 'the state of the source is not noted');
      });
  }

  #whole(): SourceFailure | undefined {
    const failures = [...this.#failures.values()];
    if (failures.length === 0) return undefined;
    const message = [...new Set(failures.map((failure) => failure.message))].join('\n');
    return { message, commit: failures.find(({ commit }) => commit !== undefined)?.commit };
  }
}
