/** Where an API server is, and how to show who one is. */
export interface Connection {
  /** `https://127.0.0.1:7443` */
  readonly server: string;
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  /** Read again when the server refuses what was in it. */
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: ExecPlugin;
  /** The name that the server's certificate must carry, when it is not the address. */
  readonly serverName?: string;
  readonly skipVerify?: boolean;
  readonly impersonate?: Impersonation;
  /** Of the context: where objects are looked for when nothing else is said. */
  readonly namespace?: string;
}

/** As whom it acts. */
export interface Impersonation {
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A program that says who the user is: cloud providers and single sign-on bring one. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Said when the program is missing. */
  readonly installHint?: string;
  readonly provideClusterInfo: boolean;
  readonly interactive: 'Never' | 'IfAvailable' | 'Always';
}
