// stormport.yaml as it may be written: the whole schema, also the keys whose work comes later (not-yet.ts refuses those).
import * as z from 'zod'
import { aksTarget, eksTarget, kubernetesTarget, prices } from './cluster-schema.ts'
import { strategy, weights } from './extension-schema.ts'
import { cpu, dnsName, duration, gpuModelName, labels, money, shaped, size, text } from './schema-fields.ts'

const swarmTarget = z.strictObject({
  provider: z.literal('swarm'),
  hosts: z.array(shaped(/^(ssh|tcp|unix|npipe):\/\/\S+$/, 'the address of an engine', 'ssh://deploy@edge-1')).min(1),
  site: dnsName.optional(),
  publish: z.enum(['none', 'nodePort', 'private', 'public']).optional(),
  tls: z.strictObject({ ca: text, cert: text, key: text }).optional(),
  assume: z.looseObject({}).optional(),
  prices: prices.optional(),
})

const card = z.strictObject({ model: gpuModelName, id: text.optional(), memory: size.optional() })

const node = z.strictObject({
  host: shaped(/^(unix|ssh|tcp|npipe):\/\/\S+$/, 'the address of an engine', 'unix:///var/run/docker.sock').optional(),
  tls: z.strictObject({ ca: text, cert: text, key: text }).optional(),
  simulated: z.strictObject({ cpu, memory: size, gpus: z.array(card).optional() }).optional(),
  reserve: z.strictObject({ cpu: cpu.optional(), memory: size.optional() }).optional(),
  labels: labels.optional(),
  gpus: z.array(card).optional(),
})

const localTarget = z.strictObject({
  provider: z.literal('local'),
  driver: z.enum(['docker', 'process']).optional(),
  daemon: shaped(/^ssh:\/\/\S+$/, 'the address of the pool’s home', 'ssh://ops@10.0.0.11').optional(),
  nodes: z.record(dnsName, node).optional(),
  site: dnsName.optional(),
  prices: prices.optional(),
})

export const targetSchema = z.discriminatedUnion('provider', [
  kubernetesTarget,
  eksTarget,
  aksTarget,
  swarmTarget,
  localTarget,
])

const control = z.strictObject({
  register: text.optional(),
  run: z.array(text).optional(),
  probes: z.array(text).optional(),
})
const environment = z.strictObject({
  targets: z.array(text).optional(),
  files: z.array(text).optional(),
  envFile: z.union([text, z.array(text)]).optional(),
})

export const fleetSchema = z.strictObject({
  name: dnsName.optional().describe('The fleet; needed once a target creates something: it is the owner tag.'),
  registry: text.optional().describe('Where images of `build:` go when the service names no image.'),
  targets: z
    .record(dnsName, targetSchema)
    .optional()
    .describe('Where it may run, by name. Absent: one target `local`, this machine.'),
  defaults: z
    .strictObject({ cpu: cpu.optional(), memory: size.optional() })
    .optional()
    .describe('Counted as request where a service states none.'),
  place: z
    .strictObject({ strategy: strategy.optional(), prefer: z.array(text).optional(), weights: weights.optional() })
    .optional()
    .describe('How replicas are spread over targets, and which come first.'),
  rollout: z
    .strictObject({
      order: z.union([z.enum(['parallel', 'sequential']), z.array(z.array(text).min(1))]).optional(),
      onFailure: z.enum(['failed', 'all', 'pause']).optional(),
    })
    .optional()
    .describe('Order of targets in a deploy, and what a failure does to the others.'),
  budget: z.strictObject({ maxUsdPerHour: money }).optional().describe('A plan above it is refused.'),
  failover: z
    .strictObject({
      after: duration.optional(),
      failBack: z.enum(['auto', 'manual', 'never']).optional(),
      healthyFor: duration.optional(),
      standby: z.enum(['hot', 'warm', 'pilot', 'none']).optional(),
    })
    .optional()
    .describe('When and how work moves off a lost target.'),
  control: control.optional().describe('Who watches the targets and decides. Not there yet.'),
  environments: z.record(z.string(), environment).optional().describe('What --env NAME chooses. Not there yet.'),
})

export type FleetInput = z.infer<typeof fleetSchema>
export type TargetInput = z.infer<typeof targetSchema>
export type LocalInput = z.infer<typeof localTarget>
export type NodeInput = z.infer<typeof node>
export type CardInput = z.infer<typeof card>
