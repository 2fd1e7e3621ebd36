export type Closer = () => void | Promise<void>;

/**
 * A lifetime. What starts is given to a scope; closing the scope ends it all in reverse order.
 * The signal aborts first, so that loops stop taking new work before anything is torn down.
 */
export class Scope {
  readonly name: string;
  readonly #closers: Closer[] = [];
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(name: string) {
    this.name = name;
    open.add(this);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Registers what ends with this scope. */
  defer(closer: Closer): void {
    if (this.#closing) throw new Error(`scope ${this.name} is closed`);
    this.#closers.push(closer);
  }

  use<T extends { close(): void | Promise<void> }>(resource: T): T {
    this.defer(() => resource.close());
    return resource;
  }

  /** A scope that ends with this one, or earlier by itself. */
  child(name: string): Scope {
    const child = new Scope(`${this.name}/${name}`);
    const closer = () => child.close();
    this.defer(closer);
    child.defer(() => {
      const at = this.#closers.indexOf(closer);
      if (at >= 0) this.#closers.splice(at, 1);
    });
    return child;
  }

  /** Owns a promise: closing waits for it. Its failure goes to `failed`, except the one that the closing caused. */
  spawn(work: (signal: AbortSignal) => Promise<unknown>, failed: (error: unknown) => void): void {
    const done = work(this.signal).then(
      () => undefined,
      (error: unknown) => {
        if (error !== this.signal.reason && (error as Error | undefined)?.name !== 'AbortError') failed(error);
      },
    );
    this.defer(() => done);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#abort.abort(new ClosedError(this.name));
    const errors: unknown[] = [];
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      try {
        await closer();
      } catch (error) {
        errors.push(error);
      }
    }
    open.delete(this);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `closing ${this.name}`);
  }
}

export class ClosedError extends Error {
  constructor(name: string) {
    super(`${name} is closed`);
    this.name = 'ClosedError';
  }
}

const open = new Set<Scope>();

/** Names of the scopes that are still open: a test fails when one of its own is left. */
export function openScopes(): readonly string[] {
  return [...open].map((scope) => scope.name);
}
