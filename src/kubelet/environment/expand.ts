/** Replaces `$(NAME)`; `$$` stands for `$`, and a name that is not known stays as it is written. */
export function expand(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => (name === undefined ? '$' : (valueOf(name) ?? whole)));
}
