const DAY = 24 * 60 * 60 * 1000;

/** How long certificates are good for. */
export const LIFE = { authority: 3650 * DAY, server: 365 * DAY, client: 365 * DAY };

/** Renewed at a start when less than this is left; a daemon that runs longer than that is restarted before. */
export const RENEW = { authority: 730 * DAY, server: 90 * DAY, client: 90 * DAY };
