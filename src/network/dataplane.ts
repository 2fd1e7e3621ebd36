import type { Route } from './routes.ts';

/** Carries connections from where routes listen to their endpoints. Routes are plain data, so that it can live in another thread. */
export interface DataPlane {
  /** Puts these in force at once, in place of whatever an earlier life has left. They are opened one by one all the same. */
  begin?(routes: readonly Route[]): Promise<void>;
  /** Rejects with the system's error (`code`) when the address cannot be listened on. */
  open(route: Route): Promise<Listener>;
  /** Refuses clients of a route without endpoints by itself: such a route stays open. Else nobody listens. */
  readonly refuses?: boolean;
  /** Ends the connections that are left. */
  close(): Promise<void>;
}

export interface Listener {
  /** The same address and port with other endpoints. Connections that stand go on, also to endpoints that left. */
  update(route: Route): void | Promise<void>;
  /** Listens no longer; connections that stand go on. */
  close(): Promise<void>;
}
