import type { Clock, Log, Random } from '../../base/index.ts';
import type { Api, NodeEndpoints } from '../api.ts';
import type { Authenticate, Authorize } from '../auth/index.ts';
import type { RequestCounts } from './metrics.ts';
import type { OpenApi } from './openapi.ts';

/** What `/version` says. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly [more: string]: string;
}

/** What the handlers stand on. */
export interface Backend {
  readonly api: Api;
  readonly nodes: NodeEndpoints;
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  readonly openApi: OpenApi;
  readonly version: VersionInfo;
  readonly counts: RequestCounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
