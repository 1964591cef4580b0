// Stanzas of cluster targets in stormport.yaml: kubernetes, eks and aks, with what is made for them (create, pools).
import * as z from 'zod'
import { capacityList } from './extension-schema.ts'
import {
  atLeast,
  count,
  cpu,
  dnsName,
  gpuModelName,
  labels,
  money,
  positive,
  shaped,
  size,
  text,
} from './schema-fields.ts'

export const prices = z.strictObject({
  cpuHour: money.optional(),
  memoryGiBHour: money.optional(),
  gpuHour: z.record(z.string(), money).optional(),
})

const version = shaped(/^\d+\.\d+$/, 'a Kubernetes version', '"1.36"')
const cidr = shaped(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'a network in CIDR form', '10.0.0.0/16')
const access = z.array(z.strictObject({ principal: text, role: z.enum(['admin', 'edit', 'view']) }))
const endpoint = z.strictObject({
  public: z.boolean().optional(),
  private: z.boolean().optional(),
  allow: z.array(cidr).optional(),
})

const createBase = {
  version: version.optional(),
  endpoint: endpoint.optional(),
  access: access.optional(),
  addons: z.record(z.string(), text).optional(),
  monitoring: z.boolean().optional(),
  protect: z.boolean().optional(),
  support: z.enum(['standard', 'extended']).optional(),
}

const eksCreate = z.strictObject({
  ...createBase,
  nodes: z.enum(['auto', 'managed']).optional(),
  network: z
    .strictObject({
      cidr: cidr.optional(),
      use: z.strictObject({ vpc: text, subnets: z.array(text).min(1) }).optional(),
    })
    .optional(),
  roles: z.strictObject({ cluster: text.optional(), node: text.optional() }).optional(),
  logs: z.array(z.enum(['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'])).optional(),
})

const aksCreate = z.strictObject({
  ...createBase,
  nodes: z.enum(['auto', 'managed']).optional(),
  network: z.strictObject({ cidr: cidr.optional(), use: z.strictObject({ subnet: text }).optional() }).optional(),
  identity: text.optional(),
  registries: z.array(text).optional(),
})

const poolGpu = z.strictObject({
  models: z.array(gpuModelName).min(1).optional(),
  memory: atLeast.optional(),
  count: positive.optional(),
  mig: shaped(/^\d+g\.\d+gb(\.me)?$/, 'a MIG profile', '1g.10gb').optional(),
})

const pool = z.strictObject({
  kind: z.enum(['nodes', 'serverless']).optional(),
  existing: text.optional(),
  cpu: cpu.optional(),
  memory: size.optional(),
  arch: z.enum(['amd64', 'arm64']).optional(),
  zones: z.array(text).optional(),
  labels: labels.optional(),
  taints: z
    .array(shaped(/^[^=:\s]+(=[^:\s]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/, 'a taint', 'key=value:NoSchedule'))
    .optional(),
  instances: z.array(text).optional(),
  gpu: poolGpu.optional(),
  capacity: capacityList.optional(),
  min: count.optional(),
  max: positive.optional(),
})

/** Keys that every target with a Kubernetes API has. */
const clusterBase = {
  site: dnsName.optional(),
  namespace: dnsName.optional(),
  publish: z.enum(['none', 'nodePort', 'private', 'public']).optional(),
  storage: z.strictObject({ class: text.optional(), size: size.optional() }).optional(),
  assume: z.looseObject({ version: version.optional() }).optional(),
  ingress: z
    .strictObject({
      kind: z.enum(['auto', 'gateway', 'ingress', 'loadBalancer', 'nodePort']).optional(),
      class: text.optional(),
      gateway: text.optional(),
      issuer: text.optional(),
    })
    .optional(),
  imagePull: z.union([z.strictObject({ secret: text }), z.strictObject({ fromDockerConfig: z.boolean() })]).optional(),
  prices: prices.optional(),
}

export const kubernetesTarget = z.strictObject({
  provider: z.literal('kubernetes'),
  ...clusterBase,
  context: text.optional(),
  kubeconfig: text.optional(),
  server: shaped(/^https:\/\/\S+$/, 'an https address', 'https://10.0.0.1:6443').optional(),
  execPlugins: z.enum(['ask', 'never']).optional(),
})

export const eksTarget = z.strictObject({
  provider: z.literal('eks'),
  ...clusterBase,
  account: shaped(/^\d{12}$/, 'an AWS account id of 12 digits in quotes', '"123456789012"').optional(),
  profile: text.optional(),
  roleArn: text.optional(),
  region: text,
  cluster: text,
  create: eksCreate.optional(),
  pools: z.record(dnsName, pool).optional(),
})

export const aksTarget = z.strictObject({
  provider: z.literal('aks'),
  ...clusterBase,
  tenant: text.optional(),
  subscription: text,
  resourceGroup: text,
  location: text.optional(),
  cluster: text,
  create: aksCreate.optional(),
  pools: z.record(dnsName, pool).optional(),
})
