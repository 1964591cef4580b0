// A target as the daemon must know it, made from the fleet's entry and the command's environment.
import { StormportError } from '../../core/errors.ts'
import type { LocalTarget, Target } from '../../core/model/fleet.ts'
import type { TargetRef } from './protocol.ts'

const DEFAULT_ENGINE = 'unix:///var/run/docker.sock'
const NOTHING: LocalTarget = { driver: null, daemon: null, nodes: [] }

export const targetRef = (target: Target, env: Readonly<Record<string, string | undefined>>): TargetRef => {
  const local = target.local ?? NOTHING
  if (local.daemon !== null) throw notYet(target, `daemon: ${local.daemon}`)
  const remote = local.nodes.find((node) => node.host !== null && !node.host.startsWith('unix://'))
  if (remote !== undefined) throw notYet(target, `node ${remote.name} at ${remote.host}`)
  return { name: target.name, local, here: target.here, engineHost: env['DOCKER_HOST'] || DEFAULT_ENGINE }
}

const notYet = (target: Target, what: string): StormportError =>
  new StormportError(
    'NotYet',
    `target ${target.name}: ${what} is not supported yet; every node must be this machine's`,
    {
      diagnostic: 'SP4005',
      source: 'user',
      target: target.name,
      hint: 'leave daemon: and remote hosts out',
      ...(target.span === null ? {} : { span: target.span }),
    },
  )
