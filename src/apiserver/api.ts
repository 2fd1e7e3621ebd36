import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StatusError } from '../base/index.ts';
import type { Kind, KindRegistry, Manifest } from '../model/index.ts';
import type { Revision } from '../store/index.ts';
import type { Identity } from './auth/index.ts';
import type { JsonPatchOperation } from './patch/index.ts';
import type { Attend, Hearing } from './webhooks/index.ts';

/** Who asks, after authentication. */
export interface Caller extends Identity {
  /** The field manager of writes: the query parameter, else the first part of the user agent. */
  readonly manager: string;
}

/** What is asked for: a collection without a name, an object with one. */
export interface Place {
  readonly kind: Kind;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** One version of an object, as bytes and as a value. The text begins with `{"kind":…,"apiVersion":…,`. */
export interface Found {
  readonly revision: Revision;
  readonly text: string;
  readonly value: Manifest;
}

export interface ListQuery {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
}

export interface FoundList {
  readonly revision: Revision;
  readonly items: readonly Found[];
  readonly continue?: string;
  readonly remaining?: number;
}

export interface WatchQuery extends Omit<ListQuery, 'limit' | 'continue'> {
  readonly allowBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
}

/** In the order of revisions. `error` is the last event of a watch that cannot go on (410 Expired). */
export type Seen =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly found: Found }
  | {
      readonly type: 'BOOKMARK';
      readonly revision: Revision;
      /** The bookmark that ends the initial events. */ readonly initialEventsEnd?: boolean;
    }
  | { readonly type: 'ERROR'; readonly error: StatusError }
  /** The last event of a watch on a kind that is no longer served as it was. */
  | { readonly type: 'END' };

/** A running watch: events arrive in the writer's turn, so the receiver must only queue them. */
export interface Watching {
  close(): void;
}

/** One text for a field that is unknown, or named twice. */
export type StrayFields = (unknown: readonly string[]) => readonly string[];

export interface WriteQuery {
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** What is said of the fields of the body: those that are unknown, and those that are named twice, which only its text shows. */
  readonly strayFields?: StrayFields;
  readonly because?: string;
  /** Derived by the control plane from objects that were validated at the door: not validated again. */
  readonly trusted?: boolean;
  /** No webhook and no policy has a say in it. */
  readonly exempt?: boolean;
  /** What webhooks said of it; undefined where none is to be asked. */
  readonly hearing?: Hearing | undefined;
  /** For apply: takes fields that other managers own. */
  readonly force?: boolean;
  /** For apply from inside: annotations that another manager writes along. */
  readonly note?: { readonly manager: string; readonly annotations: Readonly<Record<string, string>> };
}

export interface DeleteQuery extends WriteQuery {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type PatchBody =
  | {
      readonly type: 'json';
      readonly operations: readonly JsonPatchOperation[];
    }
  | { readonly type: 'merge' | 'strategic'; readonly patch: Readonly<Record<string, unknown>> }
  | { readonly type: 'apply'; readonly object: Manifest };

/** What a write gave. */
export interface Written {
  readonly found: Found;
  /** 200, or 201 for what it made, or 202 for a delete that is still under way. */
  readonly code: 200 | 201 | 202;
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
}

/** A delete answers with the object while it is still there, with a Status once it is gone. */
export interface Deleted {
  readonly code: 200 | 202;
  readonly found: Found;
  readonly gone: boolean;
  readonly warnings: readonly string[];
}

/**
 * The verbs, generic over kinds, without HTTP. Every refusal is a thrown `StatusError`. They answer as soon as the
 * change is in memory: whoever carries the answer out of the process awaits `durable` first.
 */
export interface Api {
  readonly kinds: KindRegistry;
  /** Runs one of the writes below: what it is given is for the write's query. */
  readonly attend: Attend;
  get(place: Place): Found;
  list(place: Place, query: ListQuery): FoundList;
  watch(place: Place, query: WatchQuery, see: (event: Seen) => void): Watching;
  create(place: Place, object: Manifest, query: WriteQuery, caller: Caller): Written;
  update(place: Place, object: Manifest, query: WriteQuery, caller: Caller): Written;
  patch(place: Place, patch: PatchBody, query: WriteQuery, caller: Caller): Written;
  delete(place: Place, query: DeleteQuery, caller: Caller): Deleted;
  deleteCollection(place: Place, query: ListQuery & DeleteQuery, caller: Caller): FoundList;
  /** Says whether somebody may be connected with what is there, as its options ask for it; nothing is written. */
  connect(place: Place, options: Manifest, query: WriteQuery, caller: Caller): void;
  /** Throws when nothing can be written at present. */
  assertWritable(): void;
  durable(revision: Revision): Promise<void>;
  /** The present revision: what a list's answer waits for before it leaves. */
  readonly revision: Revision;
}

/**
 * The kubelet's own HTTP interface, by node: the paths that a real kubelet serves on port 10250. A handler in process,
 * TLS when the node is elsewhere. Undefined: no such node is connected.
 */
export type NodeEndpoints = (node: string) => NodeEndpoint | undefined;

export interface NodeEndpoint {
  (request: Request): Promise<Response>;
  /** Takes a connection over, for exec, attach and port-forward. */
  readonly upgrade?: (url: URL, request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** What is measured when it is read, and never kept: a name that is not there is refused. Undefined: what is read there is kept. */
export type Measure = (place: Place, query: ListQuery) => Promise<FoundList> | undefined;

/** Answers what is posted to a place and never kept: a review, a token. */
export type Review = (place: Place, body: Manifest, caller: Caller) => Promise<Manifest>;

/** Undefined: what is posted there is kept. */
export type Reviews = (place: Place) => Review | undefined;
