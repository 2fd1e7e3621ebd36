/** What the names of our functions begin with: the evaluator brings some with it that are not Kubernetes' and cannot be replaced. */
export const OURS = '_';

/** What stands for a message, such as `Object{a: 1}`, and for a member that may be left out, `?a`. No user can name them: see OURS. */
export const MESSAGE = 'message';
export const MAYBE = 'maybe';

/** A function as the user named it. */
export const written = (name: string) => (name.startsWith(OURS) ? name.slice(OURS.length) : name);
