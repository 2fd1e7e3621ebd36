import { isStatus, UserError } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { APPLICATIONS, PLANS, SYSTEM_NAMESPACE, type Application, type Plan } from '../model/index.ts';
import { closest, suggest } from './suggest.ts';

/** `plans`: where one of these may be meant as well. */
export async function findApplication(client: Client, name: string, plans: readonly Plan[] = []): Promise<Application> {
  try {
    return await client.get(APPLICATIONS, name, SYSTEM_NAMESPACE);
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    const { items } = await client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE });
    const names = items.map(({ metadata }) => metadata.name);
    const ofPlans = plans.map(({ metadata }) => metadata.name);
    const like = closest(name, [...names, ...ofPlans]);
    if (like !== undefined && ofPlans.includes(like)) throw new UserError(`there is no plan ${name}: did you mean ${like}?`);
    throw new UserError(`there is no application ${name}${names.length === 0 ? ' yet' : suggest(name, names)}`);
  }
}

/** Of all applications or of one, oldest first. */
export async function listPlans(client: Client, application?: string): Promise<readonly Plan[]> {
  const { items } = await client.list(PLANS, { namespace: SYSTEM_NAMESPACE });
  return items.filter(({ spec }) => application === undefined || spec.application === application).toSorted(byAge);
}

/** Times have whole seconds; within one, the resource version knows. */
function byAge(a: Plan, b: Plan): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);
}

/** What a person says to an application is an annotation; null takes it back. */
export async function annotate(
  client: Client,
  { metadata }: Application,
  annotations: Readonly<Record<string, string | null>>,
): Promise<void> {
  const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: metadata.name };
  await client.patch(target, { type: 'merge', patch: { metadata: { annotations } } });
}
