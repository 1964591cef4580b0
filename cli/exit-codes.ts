// What the exit status of a command means (DESIGN section 9).
export const exitCodes: readonly { readonly code: string; readonly meaning: string }[] = [
  { code: '0', meaning: 'done; also "nothing to change" and, without --detailed-exitcode, "the plan has changes"' },
  { code: '1', meaning: 'a bug of Stormport' },
  { code: '2', meaning: 'changes present, only with --detailed-exitcode' },
  { code: '3', meaning: 'bad input: words, flags or files; also what is not there yet, and images that do not exist' },
  { code: '4', meaning: 'not signed in, or not permitted' },
  { code: '5', meaning: 'does not fit, or over the budget; nothing was changed' },
  { code: '6', meaning: 'ran, but the result is not healthy' },
  { code: '7', meaning: 'a target is not reachable, owed or failed while another succeeded, or none could be reached' },
  { code: '8', meaning: 'the deadline passed while things still moved' },
  { code: '9', meaning: 'conflict: lock held, stale plan, foreign owner' },
  { code: '10', meaning: 'declined, or a yes was needed and nobody could be asked' },
  { code: '130', meaning: 'interrupted' },
  { code: '143', meaning: 'terminated' },
]
