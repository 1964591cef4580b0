// gpu search: cards by model, memory, number and price, over the whole fleet; what is owned and free comes first.

import type { GpuOffer, GpuQuery } from '../../core/catalog/search.ts'
import { closest } from '../../core/config/suggest.ts'
import { StormportError } from '../../core/errors.ts'
import { gpuModels, knownGpuModels } from '../../core/model/gpu.ts'
import { parseAtLeast } from '../../core/model/quantity.ts'
import type { Flags, Run } from '../call.ts'
import { renderTable } from '../render/table.ts'
import { refuseUnknownTargets } from '../subject.ts'

const HEADER = ['TARGET', 'TYPE', 'GPU', 'GPU MEMORY', 'VCPU', 'MEMORY', 'USD/HOUR', 'SPOT', 'AS OF', 'NOTE']

export const run: Run = async ({ context, flags }) => {
  const fleet = await context.fleet()
  refuseUnknownTargets(context.options.targets, fleet.targets)
  const engine = await context.engine()
  const query = { ...queryOf(flags), targets: context.options.targets }
  const report = await engine.gpuSearch(fleet, query, context.signal)
  if (context.options.json) context.document(report)
  else {
    context.diagnose(report.diagnostics)
    context.print(renderTable(HEADER, report.offers.map(cells), context.style.out))
  }
  return 0
}

const queryOf = (flags: Flags): GpuQuery => ({
  models: flags.list('model').flatMap(modelsOf),
  minMemoryBytes: memoryOf(flags.text('memory')),
  count: numberOf(flags, { name: 'count', flag: '--count', least: 1 }) ?? 1,
  maxUsdPerHour: numberOf(flags, { name: 'maxPrice', flag: '--max-price', least: 0 }),
  capacity: flags.list('capacity').map(wayOf),
})

const modelsOf = (name: string): readonly string[] => {
  const models = gpuModels(name)
  if (models.length > 0) return models
  const near = closest(name, knownGpuModels())
  throw badInput(`--model ${name}: no such GPU`, near === null ? 'write l4, t4, a100-80gb, …' : `did you mean ${near}?`)
}

const memoryOf = (text: string | null): number => {
  if (text === null) return 0
  const parsed = parseAtLeast(text)
  if (parsed.ok) return parsed.value
  throw badInput(`--memory ${text}: ${parsed.reason}`, parsed.hint)
}

const numberOf = (
  flags: Flags,
  of: { readonly name: string; readonly flag: string; readonly least: number },
): number | null => {
  const text = flags.text(of.name)
  if (text === null) return null
  const value = Number(text)
  if (Number.isFinite(value) && value >= of.least) return value
  throw badInput(`${of.flag} ${text}: not a number from ${of.least} on`, `write a number, such as ${of.flag} 1`)
}

const wayOf = (word: string): 'spot' | 'on-demand' => {
  if (word === 'spot' || word === 'on-demand') return word
  throw badInput(`--capacity ${word}: no such way to buy`, 'write spot or on-demand')
}

const badInput = (message: string, hint: string): StormportError =>
  new StormportError('BadInput', message, { diagnostic: 'SP1503', source: 'user', hint })

const cells = (offer: GpuOffer): readonly string[] => [
  offer.target,
  offer.instanceType,
  `${offer.gpu.count} × ${offer.gpu.model}`,
  `${offer.gpu.memoryGiB} GiB (${offer.gpu.usableGiB} usable)`,
  String(offer.vcpu),
  `${offer.memoryGiB} GiB`,
  priceText(offer.priceUsdPerHour),
  priceText(offer.spotUsdPerHour),
  offer.asOf.slice(0, 10),
  [offer.chosen ? 'would be taken' : '', offer.available ? '' : offer.reason].filter((part) => part !== '').join(', '),
]

const priceText = (usd: number | null): string => (usd === null ? '-' : usd.toFixed(3))
