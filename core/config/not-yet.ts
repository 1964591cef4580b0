// Features of the files whose work is not there yet, or that a target has no use for: said, so that nothing is ignored
// in silence.
import type { App, Service } from '../model/app.ts'
import type { Diagnostic, Severity, SourceSpan } from '../model/diagnostic.ts'
import type { Fleet, LocalTarget, ProviderKind, Target } from '../model/fleet.ts'

/** For check, plan, deploy and render: an error each for what the files ask and this version cannot do. */
export const notYet = (fleet: Fleet, app: App | null): readonly Diagnostic[] => [
  ...(fleet.later ?? []).map(({ key, span }) => topLevel(key, span)),
  ...fleet.targets.flatMap(targetNotYet),
  ...(app === null ? [] : app.services.flatMap((service) => serviceNotYet(fleet, service))),
]

const topLevel = (key: string, span: SourceSpan | null): Diagnostic => {
  const at = span === null ? {} : { span }
  if (key === 'failover') {
    return {
      code: 'SP5001',
      severity: 'warning',
      message: '`failover` is declared, but nobody watches: a lost target stays lost until somebody deploys',
      hint: 'read `ifLost` of `stormport plan` for what would move',
      ...at,
    }
  }
  const code = key === 'control' ? 'SP1901' : key === 'environments' ? 'SP1902' : 'SP1900'
  return {
    code,
    severity: 'error',
    message: `\`${key}\` is not there yet`,
    hint: 'take the key out until it is',
    ...at,
  }
}

const targetNotYet = (target: Target): readonly Diagnostic[] => {
  const refuse = ([code, message, hint]: Refusal): Diagnostic => ({
    code,
    severity: 'error',
    message: `target ${target.name}: ${message}`,
    hint,
    target: target.name,
    ...(target.span === null ? {} : { span: target.span }),
  })
  if (target.local !== null) return localNotYet(target.local).map(refuse)
  if (THERE.has(target.provider)) return []
  return [
    refuse([
      'SP1903',
      `provider ${target.provider} is not there yet`,
      'use a target with provider: local, kubernetes, eks or aks',
    ]),
  ]
}

const THERE: ReadonlySet<ProviderKind> = new Set(['local', 'kubernetes', 'eks', 'aks', 'fake'])

type Refusal = readonly [code: string, message: string, hint: string]

const localNotYet = ({ daemon, nodes }: LocalTarget): readonly Refusal[] => {
  const hosts = nodes.filter((node) => node.host !== null)
  const remote = hosts.find((node) => node.host?.startsWith('unix://') !== true)
  const found: Refusal[] = []
  if (daemon !== null) {
    found.push([
      'SP1904',
      'a daemon on another machine is not there yet',
      'take `daemon` out; this machine is the default',
    ])
  }
  if (hosts.length > 1) {
    found.push(['SP1905', 'several engines in one pool are not there yet', 'keep one node with a host'])
  }
  if (remote !== undefined) {
    const message = `node ${remote.name} at ${remote.host} is another machine's engine, which is not there yet`
    found.push(['SP1905', message, "use this machine's engine, unix:///var/run/docker.sock"])
  }
  return found
}

const serviceNotYet = (fleet: Fleet, service: Service): readonly Diagnostic[] => {
  const local = fleet.targets.find((target) => target.provider === 'local')
  const say = (severity: Severity, key: string, [code, message, hint]: Refusal): Diagnostic => ({
    code,
    severity,
    message: `${service.name}: ${message}`,
    hint,
    service: service.name,
    span: service.spans[`x-stormport.${key}`] ?? service.span,
  })
  const found: Diagnostic[] = []
  if (service.extension.autoscale !== null && local !== undefined) {
    const hint = 'state deploy.replicas, and use `stormport scale`'
    found.push(say('error', 'autoscale', ['SP1906', 'autoscale on a local target is not there yet', hint]))
  }
  if (service.gpu?.dra === true && local !== undefined) {
    const hint = 'nothing is to be done: a local pool gives whole cards to one replica each'
    found.push(say('warning', 'gpu', ['SP1907', `gpu.dra has no effect on local target ${local.name}`, hint]))
  }
  if (service.extension.expose.length > 0 && local !== undefined) {
    const hint = 'use `ports` for what is reached on local targets'
    found.push(say('warning', 'expose', ['SP1908', `expose has no effect on local target ${local.name}`, hint]))
  }
  return found
}
