import type { Problem } from '../problem.ts';
import type { Origin } from '../render/render.ts';
import { duplicate, type Desired } from './desired.ts';
import type { Identity } from './identity.ts';

interface Claim {
  readonly application: string;
  readonly origin: Origin;
  /** It is written, also where it is there already. */
  readonly isWritten: boolean;
}

/** Whose objects are: each belongs to the application that declared it first. */
export class Claims {
  readonly #claims = new Map<Identity, Claim>();

  claimant(identity: Identity): string | undefined {
    return this.#claims.get(identity)?.application;
  }

  /** Whether the application that has it makes it its own. */
  isWritten(identity: Identity): boolean {
    return this.#claims.get(identity)?.isWritten ?? false;
  }

  /** Lets go of what was desired so far. */
  release({ application, objects }: Desired): void {
    for (const { identity } of objects) if (this.claimant(identity) === application) this.#claims.delete(identity);
  }

  /** Claims what nobody has; of what somebody has it says where it is declared. */
  claim({ application, objects }: Desired): readonly Problem[] {
    return objects.flatMap((object) => {
      const { identity, origin, directives } = object;
      const first = this.#claims.get(identity);
      if (first) return [duplicate(object, first.origin)];
      this.#claims.set(identity, { application, origin, isWritten: directives.apply === 'always' });
      return [];
    });
  }
}
