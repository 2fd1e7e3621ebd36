import { httpHeaderName, type FieldPath } from '../../meta/index.ts';
import type { Container, LifecycleHandler, Probe } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateNotNegative, validatePort, validatePortOrName } from './numbers.ts';

export function validateProbes(container: Container, path: FieldPath, mayRestart = true): FieldProblem[] {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [
    ...validateProbe(livenessProbe, [...path, 'livenessProbe']),
    ...(livenessProbe ? onlyOneSuccess(livenessProbe, [...path, 'livenessProbe']) : []),
    ...validateProbe(readinessProbe, [...path, 'readinessProbe']),
    ...(readinessProbe?.terminationGracePeriodSeconds === undefined
      ? []
      : [
          invalid(
            [...path, 'readinessProbe', 'terminationGracePeriodSeconds'],
            readinessProbe.terminationGracePeriodSeconds,
            'must not be set for readinessProbes',
          ),
        ]),
    ...validateProbe(startupProbe, [...path, 'startupProbe']),
    ...(startupProbe ? onlyOneSuccess(startupProbe, [...path, 'startupProbe']) : []),
    ...(mayRestart ? [] : forbiddenOnInit(container, path)),
  ];
}

/** A container that runs once and ends has nothing to be asked about. */
function forbiddenOnInit(container: Container, path: FieldPath): FieldProblem[] {
  return (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden([...path, field], 'may not be set for init containers without restartPolicy=Always'));
}

function onlyOneSuccess(probe: Probe, path: FieldPath): FieldProblem[] {
  return (probe.successThreshold ?? 1) === 1 ? [] : [invalid([...path, 'successThreshold'], probe.successThreshold, 'must be 1')];
}

function validateProbe(probe: Probe | undefined, path: FieldPath): FieldProblem[] {
  if (!probe) return [];
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;
  const grace = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, path),
    ...counts.flatMap((field) => validateNotNegative(probe[field], [...path, field])),
    ...(grace !== undefined && grace <= 0 ? [invalid([...path, 'terminationGracePeriodSeconds'], grace, 'must be greater than 0')] : []),
  ];
}

export function validateLifecycle(lifecycle: Container['lifecycle'], grace = 30, path: FieldPath): FieldProblem[] {
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle?.[hook];
    if (!handler) return [];
    const at = [...path, hook];
    const seconds = handler.sleep?.seconds ?? 0;
    const isTooLong = handler.sleep !== undefined && (seconds < 0 || seconds > grace);
    const refusal = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
    return [...validateHandler(handler, at), ...(isTooLong ? [invalid([...at, 'sleep'], seconds, refusal)] : [])];
  });
}

function validateHandler(handler: Probe & LifecycleHandler, path: FieldPath): FieldProblem[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const given = Object.entries({ exec, httpGet, tcpSocket, grpc, sleep }).filter(([, action]) => action !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return [
    ...given.slice(1).map(([name]) => forbidden([...path, name], 'may not specify more than 1 handler type')),
    ...(exec && !exec.command?.length ? [required([...path, 'exec', 'command'])] : []),
    ...(httpGet ? validateHttpGet(httpGet, [...path, 'httpGet']) : []),
    ...(tcpSocket ? validatePortOrName(tcpSocket.port, [...path, 'tcpSocket', 'port']) : []),
    ...(grpc ? validatePort(grpc.port, [...path, 'grpc', 'port']) : []),
  ];
}

function validateHttpGet({ path: url, port, scheme, httpHeaders = [] }: NonNullable<Probe['httpGet']>, path: FieldPath): FieldProblem[] {
  return [
    ...(url ? [] : [required([...path, 'path'])]),
    ...validatePortOrName(port, [...path, 'port']),
    ...(scheme === undefined || ['HTTP', 'HTTPS'].includes(scheme) ? [] : [notSupported([...path, 'scheme'], scheme, ['HTTP', 'HTTPS'])]),
    ...httpHeaders.flatMap(({ name }) => httpHeaderName(name).map((why) => invalid([...path, 'httpHeaders'], name, why))),
  ];
}
