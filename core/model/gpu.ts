// GPU model names and their nominal memory. One card has many spellings (l4, L4, nvidia-l4, "NVIDIA L4"); inside there is
// one. A family name (a10, a100, h100) stands for all its sizes and variants.
import { GIBIBYTE } from './quantity.ts'

/** Normalised model → nominal memory in GiB, as the vendor names the card. */
const NOMINAL_GIB: ReadonlyMap<string, number> = new Map(
  Object.entries({
    a10: 24,
    a10g: 24,
    a2: 16,
    a30: 24,
    a40: 48,
    'a100-40gb': 40,
    'a100-80gb': 80,
    b200: 192,
    b300: 288,
    gb200: 192,
    gh200: 96,
    h100: 80,
    'h100-nvl': 94,
    h200: 141,
    k80: 12,
    l4: 24,
    l40: 48,
    l40s: 48,
    m60: 8,
    p4: 8,
    p40: 24,
    p100: 16,
    t4: 16,
    t4g: 16,
    'v100-16gb': 16,
    'v100-32gb': 32,
    'rtx-2080-ti': 11,
    'rtx-3060': 12,
    'rtx-3080': 10,
    'rtx-3090': 24,
    'rtx-4080': 16,
    'rtx-4090': 24,
    'rtx-5080': 16,
    'rtx-5090': 32,
    'rtx-4000-ada': 20,
    'rtx-6000-ada': 48,
    'rtx-pro-4500': 32,
    'rtx-pro-6000': 96,
    'pro-v520': 8,
    'rtx-a4000': 16,
    'rtx-a5000': 24,
    'rtx-a6000': 48,
    mi25: 16,
    mi210: 64,
    mi250: 128,
    mi300x: 192,
    mi325x: 256,
    mi355x: 288,
  }),
)

const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    a10: ['a10', 'a10g'],
    a100: ['a100-40gb', 'a100-80gb'],
    h100: ['h100', 'h100-nvl'],
    v100: ['v100-16gb', 'v100-32gb'],
  }),
)

/** Spellings that the rules of `gpuKey` do not reach. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'a100-pcie-40gb': 'a100-40gb',
    'a100-sxm4-40gb': 'a100-40gb',
    'a100-pcie-80gb': 'a100-80gb',
    'a100-sxm4-80gb': 'a100-80gb',
    'h100-80gb': 'h100',
    'h100-pcie': 'h100',
    'h100-80gb-hbm3': 'h100',
    'h100-sxm5-80gb': 'h100',
    'h100-94gb': 'h100-nvl',
    'v100-sxm2-16gb': 'v100-16gb',
    'v100-pcie-16gb': 'v100-16gb',
    'v100-sxm2-32gb': 'v100-32gb',
    'v100-pcie-32gb': 'v100-32gb',
    'p100-pcie-16gb': 'p100',
    'rtx-pro-server-6000': 'rtx-pro-6000',
  }),
)

const VENDOR = /^(?:nvidia|tesla|geforce|quadro|amd|radeon|instinct)-/

/** Lower case, hyphens, without vendor: 'NVIDIA Tesla T4' → 't4'. Not yet known to exist. */
const gpuKey = (name: string): string => {
  let key = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, '-')
  while (VENDOR.test(key)) key = key.replace(VENDOR, '')
  key = key
    .replace(/^rtx(?=[a-z]?\d)/, 'rtx-')
    .replace(/^(a100|v100)-(\d\d)g$/, '$1-$2gb')
    .replace(/^(a100|v100)-(\d\d)$/, '$1-$2gb')
  return ALIASES.get(key) ?? key
}

/** Every normalised model that a written name stands for; empty when the name is unknown. */
export const gpuModels = (name: string): readonly string[] => {
  const key = gpuKey(name)
  return FAMILIES.get(key) ?? (NOMINAL_GIB.has(key) ? [key] : [])
}

/** The one model of a card that a node reports. An unknown card keeps its normalised name, so that it can be asked for nowhere by mistake. */
export const gpuModel = (name: string): string => {
  const key = gpuKey(name)
  return NOMINAL_GIB.has(key) ? key : (FAMILIES.get(key)?.[0] ?? key)
}

/** Nominal memory of a normalised model in bytes; null when unknown. */
export const gpuMemoryBytes = (model: string): number | null => {
  const gib = NOMINAL_GIB.get(gpuModel(model))
  return gib === undefined ? null : gib * GIBIBYTE
}

/** All names that may be written, for suggestions and the schema's help. */
export const knownGpuModels = (): readonly string[] => [...new Set([...NOMINAL_GIB.keys(), ...FAMILIES.keys()])].sort()
