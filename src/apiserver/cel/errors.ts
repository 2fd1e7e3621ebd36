/** Why an evaluation gave no value. */
export class CelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CelError';
  }
}

export const noSuchKey = (key: string) => new CelError(`no such key: ${key}`);
export const noSuchOverload = () => new CelError('no such overload');

/** What is wrong with an expression, and where: a place in its text. */
export interface Fault {
  readonly at: number;
  readonly message: string;
}

/** A fault, on its way to whoever gathers it. */
export class FaultError extends Error implements Fault {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Why an expression is refused, with all that was found. */
export class CompileError extends Error {
  constructor(text: string, faults: readonly Fault[]) {
    super(
      faults
        .toSorted((a, b) => a.at - b.at)
        .map((fault) => describe(text, fault))
        .join('\n'),
    );
    this.name = 'CompileError';
  }
}

function describe(text: string, { at, message }: Fault): string {
  const before = text.slice(0, at).split('\n');
  const line = text.split('\n')[before.length - 1]!.replaceAll('\t', ' ');
  const column = before.at(-1)!.length;
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
