let skew = 0;

/** Learns the server's clock from a Date header, good to its one second. */
export function markServerTime(date: string | null, now = Date.now()): void {
  if (!date) return;
  const server = Date.parse(date);
  if (!Number.isFinite(server)) return;
  // The header is cut to whole seconds: a difference below that is no difference.
  const difference = server + 500 - now;
  skew = Math.abs(difference) > 1500 ? difference : 0;
}

/** How far the server's clock is ahead of the browser's, in milliseconds; 0 below its one second. */
export function clockSkew(): number {
  return skew;
}

/** Now by the server's clock, for the age of what it recorded. */
export function serverNow(): number {
  return Date.now() + skew;
}
