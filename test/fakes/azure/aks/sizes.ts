// Machine sizes that the stand-in's regions have: those of the project's own dated catalogue, with quota families derived
// from their names (irregular ones spelt out, as the saved SKU data writes them).
import { embeddedCatalog } from '../../../../core/catalog/embedded.ts'

export interface Size {
  readonly name: string
  readonly family: string
  readonly vcpus: number
  readonly memoryGb: number
  readonly gpus: number
  readonly arch: string
  readonly zones: readonly string[]
  /** null: every region. */
  readonly regions: readonly string[] | null
}

export type Sizes = ReadonlyMap<string, Size>

const GIB = 2 ** 30

export const catalogSizes = (): Map<string, Size> =>
  new Map(
    embeddedCatalog('azure').types.map((type) => [
      type.name.toLowerCase(),
      {
        name: type.name,
        family: familyOf(type.name),
        vcpus: Math.round(type.nominal.cpuMillis / 1000),
        memoryGb: Math.round(type.nominal.memoryBytes / GIB),
        gpus: type.gpus?.count ?? 0,
        arch: type.arch,
        zones: ['1', '2', '3'],
        regions: [...type.prices.keys()],
      },
    ]),
  )

const IRREGULAR: readonly (readonly [RegExp, string])[] = [
  [/^Standard_NC\d+as_T4_v3$/i, 'Standard NCASv3_T4 Family'],
  [/^Standard_NC\d+ads_A100_v4$/i, 'StandardNCADSA100v4Family'],
  [/^Standard_NV\d+ads_A10_v5$/i, 'StandardNVADSA10v5Family'],
  [/^Standard_NC\d+ads_H100_v5$/i, 'StandardNCadsH100v5Family'],
]

/** Standard_D4s_v5 → standardDSv5Family. */
export const familyOf = (size: string): string => {
  const irregular = IRREGULAR.find(([pattern]) => pattern.test(size))
  if (irregular !== undefined) return irregular[1]
  const [, letters = '', features = '', version = ''] =
    /^Standard_([A-Z]+)[\d-]*([a-z]*)(?:_.*?)?(v\d+)?$/.exec(size) ?? []
  return `standard${letters}${features.toUpperCase()}${version}Family`
}

/** Machines that burst: B-series is refused for system pools (use-system-pools). */
export const bursts = (size: string): boolean => /^standard_b/i.test(size)

/** Cards that can be cut: A100, H100, H200 (gpu-multi-instance). ND96asr_v4 is the A100 size of the official examples. */
export const cuts = (size: string): boolean => /a100|h100|h200|nd96(?:am)?sr_v4|nd96asr_v4/i.test(size)
