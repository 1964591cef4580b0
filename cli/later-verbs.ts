// What is designed and not yet there.

/** Verbs of the design whose work is asked for later; each answers "not yet" (SP1505) whatever follows it. */
export const laterVerbs: readonly (readonly string[])[] = [
  ...['cordon', 'uncordon', 'drain', 'forget'].map((verb) => ['node', verb]),
  ...['cordon', 'uncordon', 'drain', 'forget', 'fail', 'stop', 'start'].map((verb) => ['target', verb]),
  ['daemon', 'install'],
  ['simulate'],
  ['catalog', 'refresh'],
  ...['status', 'drill', 'move', 'restore'].map((verb) => ['failover', verb]),
  ['autoscale', 'show'],
  ['control', 'install'],
  ['control', 'status'],
  ['serve'],
]
