import type { Container, EnvVar, LifecycleHandler, Probe } from '../../types/index.ts';

export function defaultContainer(container: Container): Container {
  return {
    ...container,
    ...(container.ports ? { ports: container.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) } : {}),
    ...(container.env ? { env: container.env.map(defaultEnv) } : {}),
    resources: container.resources ?? {},
    ...(container.livenessProbe ? { livenessProbe: defaultProbe(container.livenessProbe) } : {}),
    ...(container.readinessProbe ? { readinessProbe: defaultProbe(container.readinessProbe) } : {}),
    ...(container.startupProbe ? { startupProbe: defaultProbe(container.startupProbe) } : {}),
    ...(container.lifecycle ? { lifecycle: defaultLifecycle(container.lifecycle) } : {}),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    imagePullPolicy: container.imagePullPolicy ?? pullPolicyOf(container.image ?? ''),
  };
}

/** An image without a tag is `latest`, which may be another one tomorrow; a digest never is. */
function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultEnv(env: EnvVar): EnvVar {
  const { fieldRef, resourceFieldRef } = env.valueFrom ?? {};
  if (fieldRef) return { ...env, valueFrom: { ...env.valueFrom, fieldRef: { ...fieldRef, apiVersion: fieldRef.apiVersion ?? 'v1' } } };
  if (!resourceFieldRef) return env;
  return { ...env, valueFrom: { ...env.valueFrom, resourceFieldRef: { ...resourceFieldRef, divisor: resourceFieldRef.divisor ?? '0' } } };
}

function defaultProbe(probe: Probe): Probe {
  return {
    ...probe,
    ...(probe.httpGet ? { httpGet: defaultHttpGet(probe.httpGet) } : {}),
    ...(probe.grpc ? { grpc: { ...probe.grpc, service: probe.grpc.service ?? '' } } : {}),
    timeoutSeconds: probe.timeoutSeconds ?? 1,
    periodSeconds: probe.periodSeconds ?? 10,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}

function defaultHttpGet(action: NonNullable<Probe['httpGet']>): NonNullable<Probe['httpGet']> {
  return { ...action, path: action.path ?? '/', scheme: action.scheme ?? 'HTTP' };
}

function defaultLifecycle(lifecycle: NonNullable<Container['lifecycle']>): NonNullable<Container['lifecycle']> {
  const { postStart, preStop } = lifecycle;
  return {
    ...lifecycle,
    ...(postStart ? { postStart: defaultHandler(postStart) } : {}),
    ...(preStop ? { preStop: defaultHandler(preStop) } : {}),
  };
}

function defaultHandler(handler: LifecycleHandler): LifecycleHandler {
  return handler.httpGet ? { ...handler, httpGet: defaultHttpGet(handler.httpGet) } : handler;
}
