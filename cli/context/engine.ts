// The engine on this process: clock, files, registries, builder and providers bound to it.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Engine } from '../../core/engine/api.ts'
import { createEngine } from '../../core/engine/index.ts'
import { providerCache, providers } from '../../providers/registry.ts'
import type { EngineInput } from '../bindings.ts'
import { controlOptions } from './bindings.ts'
import { createClock } from './clock.ts'
import { hashCode } from './code-hash.ts'
import type { Environment } from './environment.ts'
import { describeHolder, userName } from './holder.ts'
import { createFleetBuilder, createFleetImages } from './images.ts'

export const openEngine = (environment: Environment, { confirm, command, fleet, plugins }: EngineInput): Engine => {
  const adapters = providerCache(
    providers({ local: controlOptions(environment), ...(plugins === undefined ? {} : { plugins }) }),
  )
  const engine = createEngine({
    provider: adapters.get,
    clock: createClock(),
    confirm,
    images: createFleetImages(environment, fleet),
    files: environment.files,
    holder: describeHolder(command),
    randomId: () => randomBytes(8).toString('hex'),
    by: `${userName()}@${hostname()}`,
    builder: createFleetBuilder(environment, fleet),
    codeHash: hashCode,
  })
  return {
    ...engine,
    close: async () => {
      await engine.close()
      await adapters.close()
    },
  }
}
