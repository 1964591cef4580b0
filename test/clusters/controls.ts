// What a fault test does to a running plane: stop it where it stands, take its store away, cut its network.
import { startEtcd } from './control-plane.ts'
import { setCut } from './network.ts'
import { awaitReady, type Program } from './programs.ts'
import type { Site } from './site.ts'
import type { Plane, PlaneApi } from './types.ts'

export interface ControlledParts {
  readonly api: PlaneApi
  readonly etcd: Program
  readonly apiserver: Program
}

export type PlaneControls = Pick<Plane, 'freeze' | 'thaw' | 'killEtcd' | 'startEtcd' | 'cut' | 'heal'>

export const createControls = (site: Site, parts: ControlledParts): PlaneControls => {
  let etcd = parts.etcd
  let isCut = false
  const setLink = async (cut: boolean): Promise<void> => {
    if (site.options.network !== 'namespace') throw new Error("only a plane with network 'namespace' can be cut off")
    if (cut !== isCut) await setCut(site.slot.label, cut)
    isCut = cut
  }
  return {
    freeze: () => signal(parts.apiserver, 'SIGSTOP'),
    thaw: () => signal(parts.apiserver, 'SIGCONT'),
    killEtcd: () => etcd.kill(),
    startEtcd: async () => {
      etcd = await startEtcd(site)
      const reached = (): Promise<boolean> => answers(parts.api, '/readyz/etcd')
      await awaitReady(etcd, 'etcd', reached)
    },
    cut: () => setLink(true),
    heal: () => setLink(false),
  }
}

export const answers = (api: PlaneApi, path: string): Promise<boolean> =>
  api.request('GET', path).then(
    () => true,
    () => false,
  )

const signal = (program: Program, name: NodeJS.Signals): void => {
  process.kill(program.pid, name)
}
