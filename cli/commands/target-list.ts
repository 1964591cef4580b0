// target list: the targets that the files name; asks none of them.
import type { Target } from '../../core/model/fleet.ts'
import type { Run } from '../call.ts'
import { renderTable } from '../render/table.ts'

export const run: Run = async ({ context }) => {
  const fleet = await context.fleet()
  const targets = fleet.targets.map(describe)
  if (context.options.json) context.document({ targets })
  else {
    const rows = targets.map((target) => [
      target.name,
      target.provider,
      target.site,
      target.here ? 'this machine' : 'remote',
      target.pools.join(', '),
    ])
    context.print(renderTable(['TARGET', 'PROVIDER', 'SITE', 'WHERE', 'POOLS'], rows, context.style.out))
  }
  return 0
}

const describe = ({ name, provider, site, here, pools, local }: Target) => ({
  name,
  provider,
  site,
  here,
  driver: local?.driver ?? null,
  pools: pools.map((pool) => pool.name),
})
