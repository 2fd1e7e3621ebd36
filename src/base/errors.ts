/** Kubernetes' closed list of reasons, and the one place that maps them to HTTP. */
export const HTTP_STATUS = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof HTTP_STATUS;

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: readonly StatusCause[];
  retryAfterSeconds?: number;
}

/** How a list that was refused can go on. */
export interface StatusMetadata {
  continue?: string;
}

/** A `meta/v1 Status` that means failure. */
export interface FailureStatus {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: StatusMetadata;
  status: 'Failure';
  message: string;
  reason: Reason;
  details?: StatusDetails;
  code: number;
}

/** A refusal that a client of the API sees. */
export class StatusError extends Error {
  readonly reason: Reason;
  readonly details: StatusDetails | undefined;
  readonly metadata: StatusMetadata;
  /** What is told beside it, where Kubernetes' words say too little. */
  readonly warnings: readonly string[] = [];

  constructor(reason: Reason, message: string, details?: StatusDetails, metadata: StatusMetadata = {}) {
    const { stackTraceLimit } = Error;
    // Refusals are answers, and many: "not found" is how one learns that a name is free. A stack would cost ten times as much.
    if (reason !== 'InternalError') Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'StatusError';
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }

  toStatus(): FailureStatus {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: HTTP_STATUS[this.reason],
    };
  }
}

export function isStatus(error: unknown, ...reasons: readonly Reason[]): error is StatusError {
  return error instanceof StatusError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** What a person can mend: shown without a stack, with exit code 1. */
export class UserError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UserError';
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
