import type { Ingress } from '../../model/index.ts';
import type { Millis } from '../../base/index.ts';
import type { Speech } from './cluster.ts';

/** How requests are passed on, beyond where to. */
export interface Policy {
  /** Requests without TLS to a host that has it are sent there. */
  readonly redirectsToTls: boolean;
  readonly largestBody: number;
  /** How long a backend may be silent. */
  readonly timeout: Millis;
  /** Spoken to the backend; undefined: as its Service says. */
  readonly speaks: Speech | undefined;
}

const USUAL: Policy = { redirectsToTls: true, largestBody: 100 * 2 ** 20, timeout: 60_000, speaks: undefined };

/** Annotations of our own come before those that people have from ingress-nginx. */
const PREFIXES = ['ingress.slipway.dev/', 'nginx.ingress.kubernetes.io/'];

export function policyOf({ metadata }: Ingress, tell: (problem: string) => void): Policy {
  const said = (name: string) => PREFIXES.map((prefix) => metadata.annotations?.[prefix + name]).find((text) => text !== undefined);
  const read = <T>(name: string, parse: (text: string) => T | undefined, usual: T, holds = JSON.stringify(usual)): T => {
    const text = said(name);
    const value = text === undefined ? usual : parse(text);
    if (text !== undefined && value === undefined) tell(`the annotation ${name}: ${JSON.stringify(text)} cannot be read; ${holds} holds`);
    return value ?? usual;
  };
  return {
    redirectsToTls: read('ssl-redirect', parseBoolean, USUAL.redirectsToTls),
    largestBody: read('proxy-body-size', parseSize, USUAL.largestBody),
    timeout: read('proxy-read-timeout', parseSeconds, USUAL.timeout),
    speaks: read('backend-protocol', parseSpeech, USUAL.speaks, 'what the Service says'),
  };
}

const SPEECHES: Readonly<Record<string, Speech>> = { HTTP: 'http', HTTPS: 'https', GRPC: 'h2c' };

function parseSpeech(text: string): Speech | undefined {
  return SPEECHES[text.toUpperCase()];
}

function parseBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** `8m`; 0 is no limit. */
function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) === 0 ? Number.POSITIVE_INFINITY : Number(digits) * UNITS[unit.toLowerCase()]!;
}

function parseSeconds(text: string): Millis | undefined {
  const [, digits] = /^(\d+)s?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * 1000;
}
