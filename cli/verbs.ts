// The verbs and their flags as data: the program, the completion scripts and the "not yet" answers all read this table.
// Nothing here loads a command; `load` does, when its verb is called.
import type { Run } from './call.ts'

export interface OptionSpec {
  /** commander's form: '-f, --follow', '--out <file>'. */
  readonly flags: string
  readonly text: string
  readonly repeat?: true
  /** Part of the design, not of this version: using it is an error with a code. */
  readonly notYet?: true
}

/** query: one document with --json. stream: one object a line. text: output that --json does not change. */
export type OutputKind = 'query' | 'stream' | 'text'

export interface Verb {
  /** ['deploy'] or ['target', 'list']. */
  readonly path: readonly string[]
  readonly aliases?: readonly string[]
  readonly text: string
  readonly args?: string
  readonly options?: readonly OptionSpec[]
  readonly output: OutputKind
  /** null: not yet. */
  readonly load: (() => Promise<{ readonly run: Run }>) | null
}

export const globalOptions: readonly OptionSpec[] = [
  { flags: '-f, --file <path>', text: 'compose file (repeatable; default: discovery, COMPOSE_FILE)', repeat: true },
  { flags: '--config <path>', text: 'stormport.yaml (default: beside the compose file)' },
  { flags: '-p, --project-name <name>', text: 'name of the application' },
  { flags: '--profile <name>', text: 'Compose profile to enable (repeatable)', repeat: true },
  { flags: '--env-file <path>', text: 'variables for interpolation (repeatable)', repeat: true },
  { flags: '--target <name>', text: 'touch only this target (repeatable)', repeat: true },
  { flags: '--env <name>', text: 'environment of stormport.yaml', notYet: true },
  { flags: '--json', text: 'machine-readable output' },
  { flags: '--allow-path <dir>', text: 'also read files below this folder (repeatable)', repeat: true },
  { flags: '--project-root <dir>', text: 'folder that files are read from (default: the git work tree)' },
  { flags: '--progress <mode>', text: 'auto, tty, plain, json or quiet' },
  { flags: '--no-color', text: 'no colours' },
  { flags: '-y, --yes', text: 'answer yes to changes of remote targets (STORMPORT_YES=1)' },
  {
    flags: '--allow <words>',
    text: 'consent: expose,spend,destroy,override; risks: hostPath (STORMPORT_ALLOW)',
    repeat: true,
  },
  { flags: '--timeout <duration>', text: 'give up after this time, such as 60s or 10m' },
  { flags: '--lock-wait <duration>', text: 'wait for the lock of another command (default 30s, in CI 10m)' },
]

const waiting: readonly OptionSpec[] = [{ flags: '--no-wait', text: 'return when the change is handed over' }]
const planning: readonly OptionSpec[] = [
  { flags: '--rebalance', text: 'let what runs move to where it would be placed now' },
  { flags: '--no-resolve', text: 'keep image tags as they are written' },
  { flags: '--pull', text: 'ask registries also for images that are known' },
]

export const verbs: readonly Verb[] = [
  {
    path: ['init'],
    text: 'write a stormport.yaml to start from',
    output: 'query',
    load: () => import('./commands/init.ts'),
  },
  {
    path: ['check'],
    text: 'check the files, report everything at once',
    output: 'query',
    load: () => import('./commands/check.ts'),
    options: [{ flags: '--suggest-accept', text: 'print the accept: list that takes the losses' }],
  },
  {
    path: ['render'],
    text: 'print the native objects of every target',
    output: 'query',
    load: () => import('./commands/render.ts'),
    options: [
      { flags: '--mask', text: 'hide secret values' },
      { flags: '--resolve', text: 'use the network: byte-equal to what deploy sends' },
      { flags: '--rbac', text: 'print the roles that deploying needs', notYet: true },
    ],
  },
  {
    path: ['plan'],
    args: '[service...]',
    text: 'show what deploy would change, and why',
    output: 'query',
    load: () => import('./commands/plan.ts'),
    options: [
      ...planning,
      { flags: '--why <service>', text: 'why its replicas go where they go' },
      { flags: '--full', text: 'every field of every change' },
      { flags: '--out <file>', text: 'save the plan for deploy --plan' },
      { flags: '--detailed-exitcode', text: 'exit 2 when there are changes' },
      { flags: '--drift', text: 'fields that others changed', notYet: true },
      { flags: '--native', text: 'native objects and fields', notYet: true },
    ],
  },
  {
    path: ['deploy'],
    aliases: ['up'],
    args: '[service...]',
    text: 'make it so, and wait until it is healthy',
    output: 'stream',
    load: () => import('./commands/deploy.ts'),
    options: [
      ...planning,
      ...waiting,
      { flags: '--plan <file>', text: 'deploy exactly this saved plan' },
      { flags: '--on-failure <what>', text: 'rollback, pause or keep' },
      { flags: '--allow-unplaced', text: 'go on when not every replica fits' },
      { flags: '--build', text: 'build images also when nothing changed' },
      { flags: '--no-build', text: 'never build' },
      { flags: '--require-digests', text: 'refuse images whose digest is not known' },
      { flags: '--force <service>', text: 'replace its replicas also when nothing changed (repeatable)', repeat: true },
      { flags: '--message <text>', text: 'kept with the release' },
      { flags: '--wait-address <duration>', text: 'wait for a published address (default 15s)' },
      { flags: '--no-infra', text: 'refuse changes of clusters and pools', notYet: true },
      { flags: '-d, --detach', text: 'the same as --no-wait' },
    ],
  },
  {
    path: ['status'],
    text: 'state of the application on every target',
    output: 'query',
    load: () => import('./commands/status.ts'),
    options: [
      { flags: '--check', text: 'exit 6 when degraded, 7 when a target does not answer' },
      { flags: '--watch', text: 'show it again and again', notYet: true },
    ],
  },
  {
    path: ['ps'],
    args: '[service...]',
    text: 'list replicas',
    output: 'query',
    load: () => import('./commands/ps.ts'),
  },
  {
    path: ['why'],
    args: '<replica>',
    text: 'why a replica is as it is',
    output: 'query',
    load: () => import('./commands/why.ts'),
  },
  {
    path: ['logs'],
    args: '[service...]',
    text: 'logs of all replicas, merged',
    output: 'stream',
    load: () => import('./commands/logs.ts'),
    options: [
      { flags: '-f, --follow', text: 'go on with new lines; new replicas join' },
      { flags: '--since <when>', text: 'only lines since 10m, 2h or a time' },
      { flags: '-n, --tail <lines>', text: 'only the last lines of each replica' },
      { flags: '--replica <name>', text: 'only SERVICE.SLOT or an id (repeatable)', repeat: true },
      { flags: '-t, --timestamps', text: 'show the time of each line' },
    ],
  },
  {
    path: ['events'],
    args: '[service...]',
    text: 'what happens, as it happens',
    output: 'stream',
    load: null,
    options: [{ flags: '-f, --follow', text: 'go on with new events' }],
  },
  {
    path: ['history'],
    text: 'who did what, when and why',
    output: 'query',
    load: () => import('./commands/history.ts'),
  },
  {
    path: ['exec'],
    args: '<replica> <command...>',
    text: 'run a command in a replica: exec [-it] SERVICE[.SLOT] -- CMD…',
    output: 'text',
    load: () => import('./commands/exec.ts'),
    options: [
      { flags: '-i, --interactive', text: 'pass standard input' },
      { flags: '-t, --tty', text: 'give it a terminal' },
    ],
  },
  {
    path: ['scale'],
    args: '<counts...>',
    text: 'change replica counts: scale SERVICE=N…',
    output: 'stream',
    load: () => import('./commands/scale.ts'),
    options: [
      ...waiting,
      { flags: '--for <duration>', text: 'how long the floor of an autoscaled service stays moved', notYet: true },
    ],
  },
  {
    path: ['restart'],
    args: '<service...>',
    text: 'replace the replicas of services, one after the other',
    output: 'stream',
    load: () => import('./commands/restart.ts'),
    options: waiting,
  },
  {
    path: ['rollback'],
    args: '[release]',
    text: 'go back to a release (default: the last healthy one)',
    output: 'stream',
    load: () => import('./commands/rollback.ts'),
    options: [{ flags: '--message <text>', text: 'kept with the release' }],
  },
  { path: ['releases'], text: 'list releases', output: 'query', load: () => import('./commands/releases.ts') },
  {
    path: ['destroy'],
    aliases: ['down'],
    text: 'remove the application; volumes stay',
    output: 'stream',
    load: () => import('./commands/destroy.ts'),
    options: [
      { flags: '--volumes', text: 'also remove its volumes (--allow destroy)' },
      { flags: '--clusters', text: 'also remove clusters that we made', notYet: true },
    ],
  },
  {
    path: ['apps'],
    aliases: ['ls'],
    text: 'list applications',
    output: 'query',
    load: () => import('./commands/apps.ts'),
  },
  {
    path: ['metrics'],
    aliases: ['top'],
    args: '[service...]',
    text: 'CPU and memory of replicas',
    output: 'query',
    load: () => import('./commands/metrics.ts'),
  },
  { path: ['target', 'list'], text: 'list targets', output: 'query', load: () => import('./commands/target-list.ts') },
  {
    path: ['target', 'check'],
    args: '[name...]',
    text: 'reachability, sign-in, permissions, versions',
    output: 'query',
    load: () => import('./commands/target-check.ts'),
  },
  {
    path: ['node', 'list'],
    aliases: ['nodes'],
    text: 'list nodes and what is free there',
    output: 'query',
    load: () => import('./commands/node-list.ts'),
  },
  {
    path: ['daemon', 'run'],
    text: 'run the local control plane in the foreground',
    output: 'text',
    load: () => import('./commands/daemon-run.ts'),
    options: [{ flags: '--metrics <port>', text: 'Prometheus metrics on loopback', notYet: true }],
  },
  {
    path: ['daemon', 'start'],
    text: 'start the local control plane',
    output: 'query',
    load: () => import('./commands/daemon-start.ts'),
  },
  {
    path: ['daemon', 'stop'],
    text: 'stop the local control plane; work stays up',
    output: 'query',
    load: () => import('./commands/daemon-stop.ts'),
    options: [{ flags: '--all', text: 'also stop what it runs' }],
  },
  {
    path: ['daemon', 'status'],
    text: 'whether the local control plane runs',
    output: 'query',
    load: () => import('./commands/daemon-status.ts'),
  },
  {
    path: ['doctor'],
    text: 'look for what is in the way on this machine',
    output: 'query',
    load: () => import('./commands/doctor.ts'),
  },
  {
    path: ['lock', 'status'],
    text: 'who holds the lock of the application',
    output: 'query',
    load: () => import('./commands/lock-status.ts'),
  },
  {
    path: ['lock', 'release'],
    text: 'take the lock away from a holder that is gone',
    output: 'query',
    load: () => import('./commands/lock-release.ts'),
  },
  {
    path: ['config'],
    text: 'print the canonical Compose project',
    output: 'query',
    load: () => import('./commands/config.ts'),
    options: [{ flags: '--mask', text: 'hide secret values' }],
  },
  {
    path: ['explain'],
    args: '[topic]',
    text: 'what a code means: explain SP1003, explain exit-codes',
    output: 'query',
    load: () => import('./commands/explain.ts'),
  },
  {
    path: ['schema'],
    args: '[name]',
    text: 'JSON Schema: stormport, x-stormport or output',
    output: 'query',
    load: () => import('./commands/schema.ts'),
  },
  {
    path: ['completion'],
    args: '<shell>',
    text: 'completion script for bash, zsh or fish',
    output: 'text',
    load: () => import('./commands/completion.ts'),
  },
]

/** Verbs of the design whose work is asked for later; each answers "not yet" (SP1505) whatever follows it. */
export const laterVerbs: readonly (readonly string[])[] = [
  ...['cordon', 'uncordon', 'drain', 'forget'].map((verb) => ['node', verb]),
  ['pool', 'list'],
  ...['create', 'destroy', 'cordon', 'uncordon', 'drain', 'forget', 'fail', 'stop', 'start'].map((verb) => [
    'target',
    verb,
  ]),
  ['gpu', 'search'],
  ['daemon', 'install'],
  ['simulate'],
  ['catalog', 'refresh'],
  ['token'],
  ...['status', 'drill', 'move', 'restore'].map((verb) => ['failover', verb]),
  ['autoscale', 'show'],
  ['control', 'install'],
  ['control', 'status'],
  ['serve'],
  ['pools'],
]
