// What the pinned API version (2026-06-01) has and the saved types (2026-04-01) have not. Source of each entry: the models
// of @azure/arm-containerservice 25.5.0, which is generated from that version (aks.md section 1 names the same members).
import { any, boolean, integer, listOf, type Node, number, object, oneOf, string } from './types.ts'

interface Addition {
  /** Name of the object type. */
  readonly on: RegExp
  readonly members: Readonly<Record<string, Node>>
}

const ids = listOf(string())
const port = integer(1, 65_535)
const telemetry = object('OpenTelemetry', { enabled: boolean, httpPort: port, grpcPort: port })

export const ADDITIONS: readonly Addition[] = [
  {
    on: /^ScaleProfile$/,
    members: {
      autoscale: listOf(object('AutoScaleProfile', { size: string(), minCount: integer(0), maxCount: integer(0) })),
    },
  },
  {
    on: /^AgentPoolNetworkProfile$/,
    members: { dranet: object('DranetProfile', { mode: oneOf('Unmanaged', 'Managed') }) },
  },
  {
    on: /^ManagedClusterProperties$/,
    members: {
      schedulerProfile: object('SchedulerProfile', {
        upstream: object('SchedulerInstanceProfile', { schedulerConfigMode: oneOf('Default', 'ManagedByCRD') }),
      }),
    },
  },
  {
    on: /^ManagedClusterNATGatewayProfile$/,
    members: {
      sku: string(),
      outboundIPs: object('NATGatewayOutboundIPs', { publicIPs: ids }),
      outboundIPPrefixes: object('NATGatewayOutboundIPPrefixes', { publicIPPrefixes: ids }),
    },
  },
  { on: /^ManagedClusterManagedOutboundIPProfile$/, members: { countIPv6: integer(0, 16) } },
  {
    on: /^ManagedClusterAzureMonitorProfile$/,
    members: {
      containerInsights: object('ContainerInsights', {
        enabled: boolean,
        logAnalyticsWorkspaceResourceId: string(),
        syslogPort: integer(1, 65_535),
        disablePrometheusMetricsScraping: boolean,
        containerNetworkLogs: oneOf('Disabled', 'Enabled'),
      }),
    },
  },
  { on: /^AgentPoolSecurityProfile$/, members: { sshAccess: oneOf('LocalUser', 'Disabled', 'EntraId') } },
  {
    on: /^ManagedClusterSecurityProfileDefender$/,
    members: {
      securityGating: object('SecurityGating', {
        enabled: boolean,
        identities: listOf(any),
        allowSecretAccess: boolean,
      }),
    },
  },
  {
    on: /^ManagedClusterAzureMonitorProfileAppMonitoring$/,
    members: { openTelemetryMetrics: telemetry, openTelemetryLogsAndTraces: telemetry },
  },
  // The price of a Spot machine is a fraction of a dollar; the types call it a whole number.
  { on: /^ManagedClusterAgentPoolProfile(?:Properties)?$/, members: { spotMaxPrice: number } },
]

/** The types with what was added to them. */
export const withAdditions = (types: readonly Node[]): readonly Node[] =>
  types.map((type) => {
    if (!('$type' in type) || type.$type !== 'ObjectType') return type
    const added = ADDITIONS.filter(({ on }) => on.test(type.name)).flatMap(({ members }) => Object.entries(members))
    if (added.length === 0) return type
    const members = added.map(([key, member]) => [key, { type: member, flags: 0 }] as const)
    return { ...type, properties: { ...type.properties, ...Object.fromEntries(members) } }
  })
