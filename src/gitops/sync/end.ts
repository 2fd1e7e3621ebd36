import { messageOf, UserError } from '../../base/index.ts';
import type { Application } from '../../model/index.ts';
import type { Source } from '../source/source.ts';
import { toKnown } from './applications.ts';
import type { Intake } from './intake.ts';
import type { Wanted } from './wanted.ts';

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
    const read = () => intake.hooksAt(revision, wanted.name, applications.map(toKnown), (rev) => source.snapshot(rev));
    const hooks = wanted.formerly?.revision === revision ? wanted.formerly.hooks : await read();
    return { ...wanted, desired: { ...wanted.desired, hooks } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const where = `${revision.slice(0, 7)}, which cannot be read (${messageOf(error)})`;
    return { ...wanted, unknownHooks: `what ${wanted.name} has to run before it goes is in ${where}, and would not run` };
  }
}
