import type { Clock, Log, MetricFamily, Random } from '../../base/index.ts';
import type { Api, Measure, NodeEndpoints, Reviews } from '../api.ts';
import type { Authenticate, Authorize, OpenIdDocuments } from '../auth/index.ts';
import type { Audit } from './audit.ts';
import type { ReadJournal } from './journal.ts';
import type { EventLines } from './lines.ts';
import type { BodyMemory, Load } from './load.ts';
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
  /** What is posted and answered, and not kept. */
  readonly reviews: Reviews;
  /** What is measured when it is read, and not kept. */
  readonly measure: Measure;
  /** What others need to check this cluster's tokens, by path. */
  readonly openId: OpenIdDocuments;
  readonly audit: Audit;
  /** Where one is kept on disk. */
  readonly journal?: ReadJournal;
  readonly openApi: OpenApi;
  readonly version: VersionInfo;
  readonly counts: RequestCounts;
  readonly families?: readonly MetricFamily[];
  readonly lines: EventLines;
  readonly load: Load;
  readonly bodies: BodyMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}
