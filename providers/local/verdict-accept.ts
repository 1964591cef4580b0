// Codes of local verdicts that rendering asks about too.

/** Limits that this machine cannot enforce on host processes. */
export const BEST_EFFORT_LIMITS = 'SP1220'
