import { messageOf, UserError } from '../../base/index.ts';
import type { Application } from '../../model/index.ts';
import { fileProblem } from '../problem.ts';
import type { Source } from '../source/source.ts';
import { toKnown } from './applications.ts';
import type { Intake, Wanted } from './intake.ts';

interface EndTools {
  readonly source: Pick<Source, 'snapshot'>;
  readonly intake: Intake;
  readonly applications: readonly Application[];
}

/** What an application runs when it goes stands in the last commit that was applied of it. */
export async function withEndHooks(wanted: Wanted, application: Application, { source, intake, applications }: EndTools): Promise<Wanted> {
  const { revision } = application.status ?? {};
  if (wanted.tree !== undefined || revision === undefined) return wanted;
  try {
    const read = (rev: string) => source.snapshot(rev);
    const hooks = await intake.hooksAt(revision, wanted.name, applications.map(toKnown), read);
    return { ...wanted, desired: { ...wanted.desired, hooks } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const unknown = `what ${wanted.name} has to run before it goes is in ${revision.slice(0, 7)}, which cannot be read (${messageOf(error)})`;
    const problems = [fileProblem(wanted.path, 'Unread', `${unknown}: commit it again, and remove it then`)];
    return { ...wanted, desired: { ...wanted.desired, problems } };
  }
}
