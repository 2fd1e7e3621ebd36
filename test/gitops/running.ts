import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { formatPlan, formatProblem, openSource, startPipeline, type PipelineEntry, type SourceOptions } from '../../src/gitops/index.ts';
import { APPLICATIONS, PLANS, SYSTEM_NAMESPACE, type Application, type Plan } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { TestRepository } from './repository.ts';

/** Real time that a real event of the file system may take. */
const DEADLINE = 10_000;

/** A pipeline over a real repository and an API server in memory. */
export class RunningPipeline {
  readonly repository = new TestRepository();
  readonly plane: ControlPlane;
  /** What an observer was told, in order. */
  readonly said: string[] = [];
  readonly entries: PipelineEntry[] = [];
  /** What it was told of the health of applications. */
  readonly health: string[] = [];
  #scope: Scope | undefined;
  #ready: Promise<void> | undefined;
  #starts = 0;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  static async create(): Promise<RunningPipeline> {
    return new RunningPipeline(await controlPlane());
  }

  get client(): Client {
    return this.plane.client;
  }

  /** Starts it, or starts it again: what it knows then is what the cluster and the repository say. */
  async start(path: string = this.repository.path, options: SourceOptions = {}): Promise<void> {
    this.#scope = new Scope('pipeline test');
    const say = (text: string) => void this.said.push(text);
    const pipeline = await startPipeline({
      source: await openSource(path, options),
      client: this.plane.client,
      clock: this.plane.clock,
      random: seededRandom(100 + this.#starts++),
      log: silentLog,
      scope: this.#scope,
      record: (entry) => void this.entries.push(entry),
      observer: {
        empty: () => say('empty'),
        health: (application, { state }) => void this.health.push(`${application} ${state}`),
        problems: (_application, problems) => problems.forEach((problem) => say(formatProblem(problem))),
        planned: (plan) => say(formatPlan(plan)),
        applied: (plan, { ended }) => say(`${plan.application} ${ended}`),
        unchanged: (application, { subject }) => say(`${application}: nothing to change for ${subject}`),
        gone: (application) => say(`${application} is gone`),
        drifted: (application, message) => say(`${application}: ${message}`),
        failed: say,
      },
    });
    this.#ready = pipeline.ready;
  }

  async ready(): Promise<void> {
    let isReady = false;
    void this.#ready?.then(() => (isReady = true));
    await this.until('the pipeline is ready', () => isReady);
  }

  async stop(): Promise<void> {
    await this.#scope?.close();
    this.#scope = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    this.repository.remove();
  }

  /** Lets time pass until it is so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + DEADLINE;
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error(`not seen in time: ${what}\n${this.said.join('\n')}`);
      await this.plane.clock.advance(10);
    }
  }

  async application(name: string): Promise<Application | undefined> {
    const { items } = await this.client.list(APPLICATIONS, { namespace: SYSTEM_NAMESPACE });
    return items.find(({ metadata }) => metadata.name === name);
  }

  async plans(application: string): Promise<readonly Plan[]> {
    const { items } = await this.client.list(PLANS, { namespace: SYSTEM_NAMESPACE });
    return items.filter(({ spec }) => spec.application === application);
  }

  /** Commits, and waits until the application has looked at it. */
  async commit(message: string, files: Readonly<Record<string, string | undefined>>, application = 'web'): Promise<string> {
    const oid = this.repository.commit(message, files);
    await this.observed(oid, application);
    return oid;
  }

  async observed(oid: string, application = 'web'): Promise<void> {
    await this.until(`${application} looks at ${oid}`, async () => {
      const found = await this.application(application);
      const reason = found?.status?.conditions?.find(({ type }) => type === 'Synced')?.reason;
      return found?.status?.observedRevision === oid && reason !== 'Applying';
    });
  }

  /** A person agrees to what waits for it. */
  async approve(application: string): Promise<void> {
    let digest: string | undefined;
    await this.until('something waits for approval', async () => {
      digest = (await this.plans(application)).find(({ status }) => status?.phase === 'Pending')?.spec.digest;
      return digest !== undefined;
    });
    const target = { kind: APPLICATIONS, namespace: SYSTEM_NAMESPACE, name: application };
    await this.client.patch(target, { type: 'merge', patch: { metadata: { annotations: { 'slipway.dev/approved': digest! } } } });
  }

  async condition(application = 'web'): Promise<{ reason?: string; message?: string } | undefined> {
    return (await this.application(application))?.status?.conditions?.find(({ type }) => type === 'Synced');
  }
}

export const configMapFile = (name: string, data: Readonly<Record<string, string>>, namespace?: string): string =>
  [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata:',
    `  name: ${name}`,
    ...(namespace ? [`  namespace: ${namespace}`] : []),
    'data:',
    ...Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    '',
  ].join('\n');

export const deploymentFile = (name: string, replicas: number, image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: main
          image: ${image}
`;
