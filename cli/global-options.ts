// The flags that every verb takes, before or after it.
import type { OptionSpec } from './verb.ts'

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
