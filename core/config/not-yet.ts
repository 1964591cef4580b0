// Features of the files whose work is not there yet: said as errors, so that nothing is ignored in silence.
import type { App } from '../model/app.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Fleet, Target } from '../model/fleet.ts'

/** For check, plan, deploy and render: an error each for what the files ask and this version cannot do. */
export const notYet = (fleet: Fleet, app: App | null): readonly Diagnostic[] => [
  ...(fleet.later ?? []).map(
    ({ key, span }): Diagnostic => ({
      code: LATER[key] ?? 'SP1900',
      severity: 'error',
      message: `\`${key}\` is not there yet`,
      hint: 'take the key out until it is',
      ...(span === null ? {} : { span }),
    }),
  ),
  ...fleet.targets.flatMap(targetNotYet),
  ...(app === null ? [] : appNotYet(fleet, app)),
]

const LATER: Readonly<Record<string, string>> = { control: 'SP1901', environments: 'SP1902' }

const targetNotYet = (target: Target): readonly Diagnostic[] => {
  const refuse = (code: string, message: string, hint: string): Diagnostic => ({
    code,
    severity: 'error',
    message,
    hint,
    target: target.name,
    ...(target.span === null ? {} : { span: target.span }),
  })
  if (target.provider !== 'local') {
    if (target.provider === 'fake') return []
    return [
      refuse(
        'SP1903',
        `target ${target.name}: provider ${target.provider} is not there yet`,
        'use a target with provider: local',
      ),
    ]
  }
  const local = target.local
  if (local === null) return []
  const hosts = local.nodes.filter((node) => node.host !== null)
  const found: Diagnostic[] = []
  if (local.daemon !== null)
    found.push(
      refuse(
        'SP1904',
        `target ${target.name}: a daemon on another machine is not there yet`,
        'take `daemon` out; this machine is the default',
      ),
    )
  if (hosts.length > 1)
    found.push(
      refuse(
        'SP1905',
        `target ${target.name}: several engines in one pool are not there yet`,
        'keep one node with a host',
      ),
    )
  const remote = hosts.find((node) => node.host?.startsWith('unix://') !== true)
  if (remote !== undefined)
    found.push(
      refuse(
        'SP1905',
        `target ${target.name}: node ${remote.name} at ${remote.host} is another machine's engine, which is not there yet`,
        "use this machine's engine, unix:///var/run/docker.sock",
      ),
    )
  return found
}

const appNotYet = (fleet: Fleet, app: App): readonly Diagnostic[] =>
  app.services.flatMap((service) => {
    const at = (key: string): Pick<Diagnostic, 'span' | 'service'> => ({
      service: service.name,
      span: service.spans[`x-stormport.${key}`] ?? service.span,
    })
    const found: Diagnostic[] = []
    if (service.extension.autoscale !== null && fleet.targets.some((target) => target.provider === 'local')) {
      found.push({
        code: 'SP1906',
        severity: 'error',
        message: `${service.name}: autoscale on a local target is not there yet`,
        hint: 'state deploy.replicas, and use `stormport scale`',
        ...at('autoscale'),
      })
    }
    if (service.gpu?.dra === true)
      found.push({
        code: 'SP1907',
        severity: 'error',
        message: `${service.name}: gpu.dra is not there yet`,
        hint: 'take `dra` out',
        ...at('gpu'),
      })
    return found
  })
