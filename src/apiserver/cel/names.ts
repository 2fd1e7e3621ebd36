/** An expression as the evaluator reads it, and where its places are in what the user wrote. */
export interface Renamed {
  readonly text: string;
  place(at: number): number;
}

/** What the names of our functions begin with: the evaluator brings some with it that are not Kubernetes' and cannot be replaced. */
export const OURS = '_';

const TEXT = `("""|'''|"|')(?:\\\\[^]|(?!\\1)[^])*\\1`;
const TOKENS = new RegExp(
  `${TEXT}|//.*|(?<number>[\\w)\\]]\\.\\d)|(?<point>\\.(?=\\d))|\\b(?!in\\b)(?<name>[A-Za-z_]\\w*)(?=\\s*\\()`,
  'g',
);

/** Each function gets a name of ours, and each number a zero before its point. Texts and comments stay as they are. */
export function rename(written: string): Renamed {
  const added: number[] = [];
  const text = written.replace(TOKENS, (token: string, ...more: readonly unknown[]) => {
    const { point, name } = more.at(-1) as { readonly point?: string; readonly name?: string };
    if (point === undefined && name === undefined) return token;
    added.push((more.at(-3) as number) + added.length);
    return (name === undefined ? '0' : OURS) + token;
  });
  return { text, place: (at) => at - added.filter((one) => one < at).length };
}

/** A function as the user named it. */
export const written = (name: string) => (name.startsWith(OURS) ? name.slice(OURS.length) : name);
