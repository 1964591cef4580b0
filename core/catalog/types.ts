// Facts about what clouds sell: instance types, their cards, and dated prices by region. Data only.
import type { OfferedGpus, Resources } from '../model/resources.ts'

export type Cloud = 'aws' | 'azure'

export interface InstanceType {
  readonly name: string
  readonly arch: string
  /** As the vendor counts. */
  readonly nominal: Resources
  /** What is left for pods after the system's reserve. */
  readonly allocatable: Resources
  readonly gpus: OfferedGpus | null
  /** By region; a region that is not there does not sell the type as far as the catalogue knows. */
  readonly prices: ReadonlyMap<string, Price>
}

/** Linux, in USD an hour, without tax, storage, traffic and the control plane's fee. */
export interface Price {
  readonly onDemandUsdPerHour: number
  readonly spotUsdPerHour: number | null
  /** ISO date. */
  readonly asOf: string
  /** Taken from another region's price by the family's ratio, not from a price list of this region. */
  readonly estimated: boolean
}

export interface Catalog {
  readonly cloud: Cloud
  /** ISO date of the newest price. */
  readonly asOf: string
  readonly regions: readonly string[]
  readonly types: readonly InstanceType[]
}

/** What a pool of stormport.yaml asks of each of its nodes. */
export interface PoolNeed {
  readonly pool: string
  readonly nominal: Resources
  readonly arch: string
  readonly gpu: {
    /** Normalised; empty: any model. */
    readonly models: readonly string[]
    readonly minMemoryBytes: number
    readonly count: number
    readonly mig: string | null
  } | null
  /** What may be bought, in the order of preference. */
  readonly capacity: readonly ('spot' | 'on-demand')[]
  /** Types named by the user: only these, in no order of their own. */
  readonly instances: readonly string[]
  /** Zones as the cloud names them; empty: any. */
  readonly zones: readonly string[]
}
