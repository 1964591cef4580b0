// gpu search over the fleet: clouds by catalogue and live offerings, other targets by the cards that stand there.
import { type GpuOffer, type GpuQuery, type OfferedBy, searchGpus } from '../catalog/search.ts'
import type { Diagnostic } from '../model/diagnostic.ts'
import type { Fleet, Target } from '../model/fleet.ts'
import type { NodeCapacity, Offering } from '../model/resources.ts'
import type { EngineDeps } from './api.ts'
import { offersOf } from './infra/offers.ts'
import { observeTarget } from './observe.ts'
import { diagnosticOf } from './say.ts'
import { askTarget } from './silence.ts'
import { chosenTargets } from './status.ts'

export interface GpuSearchReport {
  readonly offers: readonly GpuOffer[]
  /** Targets that could not be asked: their rows are from the catalogue alone, or missing. */
  readonly diagnostics: readonly Diagnostic[]
}

export const searchFleetGpus = async (
  fleet: Fleet,
  query: GpuQuery & { readonly targets: readonly string[] | null },
  run: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<GpuSearchReport> => {
  const asked = await Promise.all(chosenTargets(fleet, query.targets).map((target) => askOne(target, run)))
  return {
    offers: searchGpus(
      asked.map((each) => each.by),
      query,
    ),
    diagnostics: asked.flatMap((each) => each.diagnostics),
  }
}

interface Asked {
  readonly by: OfferedBy
  readonly diagnostics: readonly Diagnostic[]
}

const askOne = (target: Target, run: { readonly deps: EngineDeps; readonly signal: AbortSignal }): Promise<Asked> =>
  target.provider === 'eks' || target.provider === 'aks' ? askCloud(target, run) : askNodes(target, run)

const askCloud = async (
  target: Target,
  { deps, signal }: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<Asked> => {
  const live = await askTarget(
    target,
    async (bounded) => (await deps.provider(target.provider)).offerings(target, bounded),
    deps,
    signal,
  )
  const offerings = async (): Promise<readonly Offering[]> => (live.kind === 'answer' ? live.value : [])
  const offers = await offersOf({ target, provider: { offerings }, shortages: new Map() }, deps, signal)
  const by = { target: target.name, provider: target.provider, offers }
  if (live.kind === 'answer') return { by, diagnostics: [] }
  const why = live.error === null ? live.because : diagnosticOf(live.error).message
  return { by, diagnostics: [catalogueOnly(target, why)] }
}

const catalogueOnly = (target: Target, why: string): Diagnostic => ({
  code: 'SP2303',
  severity: 'warning',
  message: `${target.name}: prices and availability are from the catalogue alone: ${why}`,
  hint: `see why with stormport target check ${target.name}`,
  target: target.name,
})

const askNodes = async (
  target: Target,
  { deps, signal }: { readonly deps: EngineDeps; readonly signal: AbortSignal },
): Promise<Asked> => {
  const { state, capacity } = await observeTarget(target, '', deps, signal)
  const offers = capacity.kind === 'known' ? ownedOffers(target, capacity.nodes, state.observedAt) : []
  const diagnostics: Diagnostic[] =
    capacity.kind === 'known'
      ? []
      : [
          {
            code: 'SP2003',
            severity: 'warning',
            message: `${target.name}: ${state.because ?? capacity.because}`,
            hint: `see why with stormport target check ${target.name}`,
            target: target.name,
          },
        ]
  return { by: { target: target.name, provider: target.provider, offers }, diagnostics }
}

/** Nodes that stand, one row a node: paid for already, and available as far as their cards are free. */
const ownedOffers = (target: Target, nodes: readonly NodeCapacity[], asOf: string): readonly Offering[] =>
  nodes.flatMap((node) => {
    const [card] = node.gpus
    if (card === undefined) return []
    const free = node.gpus.filter((gpu) => gpu.freeShare === 1)
    return [
      {
        target: target.name,
        pool: node.pool,
        instanceType: node.name,
        region: target.site,
        zone: node.zone,
        capacityType: 'owned' as const,
        resources: node.free,
        nominal: node.total,
        arch: node.arch,
        gpus: {
          model: card.model,
          count: free.length > 0 ? free.length : node.gpus.length,
          memoryBytes: card.memoryBytes,
        },
        priceUsdPerHour: ownedPrice(target, node),
        available: free.length > 0 && !node.cordoned,
        because: node.cordoned ? 'cordoned' : `${free.length} of ${node.gpus.length} cards free`,
        asOf,
        source: 'observed',
      },
    ]
  })

const ownedPrice = (target: Target, node: NodeCapacity): number | null =>
  target.prices === null
    ? node.priceUsdPerHour || null
    : node.gpus.reduce((sum, card) => sum + (target.prices?.gpuHour[card.model] ?? 0), 0)
