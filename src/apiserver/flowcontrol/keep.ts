import { isStatus, messageOf, WorkQueue, type Clock, type Log, type Random, type Scope } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  bootstrapLevels,
  bootstrapSchemas,
  FLOW_SCHEMAS,
  PRIORITY_LEVELS,
  type FlowSchema,
  type KindRef,
  type KubeObject,
} from '../../model/index.ts';
import { decideDangling, decideSpec } from './decide.ts';

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
}

/** Names of Kubernetes' own parts that do this. */
const PRODUCER = 'api-priority-and-fairness-config-producer-v1';
const CONSUMER = 'api-priority-and-fairness-config-consumer-v1';

/**
 * Keeps the priority levels and flow schemas that every cluster has, and says of each flow schema whether there is its level.
 * No request is treated by them: those who write their own are told.
 */
export function keepFlowControl(client: Client, { clock, random, log, scope }: Parts): void {
  const levels = client.informer(PRIORITY_LEVELS);
  const schemas = client.informer(FLOW_SCHEMAS);
  const producer = client.as(PRODUCER);
  const consumer = client.as(CONSUMER);

  /** Where the object is as it shall be, nothing is written. */
  async function keepOne<T extends KubeObject>(kind: KindRef<T>, found: T | undefined, wanted: T | undefined): Promise<void> {
    const step = wanted ? decideSpec(found, wanted) : 'keep';
    if (step === 'create') await producer.create(kind, wanted!);
    if (step === 'update') await producer.update(kind, { ...found!, spec: (wanted as { spec?: object }).spec });
  }

  async function tellDangling(schema: FlowSchema | undefined): Promise<void> {
    const conditions = schema && decideDangling(schema, (name) => levels.get(name) !== undefined, clock.now());
    if (conditions) await consumer.updateStatus(FLOW_SCHEMAS, { ...schema, status: { ...schema.status, conditions } });
  }

  const queue = scope.use(
    new WorkQueue<string>({
      clock,
      random,
      handle: async (key) => {
        const [plural, name] = key.split('/') as [string, string];
        const isNamed = ({ metadata }: KubeObject) => metadata.name === name;
        if (plural === PRIORITY_LEVELS.plural) await keepOne(PRIORITY_LEVELS, levels.get(name), bootstrapLevels().find(isNamed));
        else {
          await keepOne(FLOW_SCHEMAS, schemas.get(name), bootstrapSchemas().find(isNamed));
          await tellDangling(schemas.get(name));
        }
        return undefined;
      },
      failed: (key, error) => {
        if (!isStatus(error, 'Conflict')) log.warn({ key, error: messageOf(error) }, 'flow control could not be kept, is tried again');
      },
    }),
  );
  const addSchema = ({ metadata }: KubeObject) => queue.add(`${FLOW_SCHEMAS.plural}/${metadata.name}`);
  const addLevel = ({ metadata }: KubeObject) => queue.add(`${PRIORITY_LEVELS.plural}/${metadata.name}`);
  // Levels first: so no schema is ever told to be without one that is on its way.
  for (const level of bootstrapLevels()) addLevel(level);
  for (const schema of bootstrapSchemas()) addSchema(schema);
  scope.use(schemas.subscribe(({ before, after }) => addSchema((after ?? before)!)));
  scope.use(
    levels.subscribe(({ before, after }) => {
      const level = (after ?? before)!;
      addLevel(level);
      if (before && after) return;
      for (const schema of schemas.list()) {
        if (schema.spec?.priorityLevelConfiguration?.name === level.metadata.name) addSchema(schema);
      }
    }),
  );
}
