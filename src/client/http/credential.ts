import type { Millis } from '../../base/index.ts';

/** What a request shows to say who asks. */
export interface Credential {
  /** The value of the header of that name. */
  readonly authorization?: string;
  /** PEM texts. */
  readonly cert?: string;
  readonly key?: string;
  /** From then on it is worth nothing. */
  readonly expires?: Millis;
}

export const bearer = (token: string) => `Bearer ${token}`;
