import type { Millis } from '../../base/index.ts';

/** Most times that are written are of the last seconds: each has its text once. A power of two. */
const SECONDS = 64;
const formatted = Array.from({ length: SECONDS }, () => ({ second: Number.NaN, text: '' }));

/** `metav1.Time`: no fraction. */
export function formatTime(at: Millis): string {
  const second = Math.floor(at / 1000);
  const known = formatted[second & (SECONDS - 1)]!;
  if (second !== known.second) {
    known.text = `${new Date(at).toISOString().slice(0, 19)}Z`;
    known.second = second;
  }
  return known.text;
}

/** `metav1.MicroTime`: always six digits. */
export function formatMicroTime(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 23)}000Z`;
}

export function parseTime(text: string | null | undefined): Millis | undefined {
  if (!text) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** How long ago, as kubectl's AGE column prints it: `59s`, `4m10s`, `25m`, `3h5m`, `30h`, `2d3h`, `30d`, `2y10d`. */
export function formatAge(ms: Millis): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return joined(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? joined(years, 'y', days % 365, 'd') : `${years}y`;
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
