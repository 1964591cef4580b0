// The labels that tie what the engine holds to the allocation that it is for; everything is found again by them.
import type { AllocSpec, AllocState } from '../../daemon/driver.ts'

export const OWNER = 'stormport.dev/owner'
export const APP = 'stormport.dev/app'
export const ALLOC = 'stormport.dev/alloc'
const SERVICE = 'stormport.dev/service'
const RELEASE = 'stormport.dev/release'
const SLOT = 'stormport.dev/slot'
const TARGET = 'stormport.dev/target'

type Labels = Readonly<Record<string, string>>

export const allocLabels = (alloc: AllocSpec, owner: string): Labels => ({
  [OWNER]: owner,
  [ALLOC]: alloc.id,
  [APP]: alloc.app,
  [TARGET]: alloc.target,
  [SERVICE]: alloc.service,
  [SLOT]: String(alloc.slot),
  [RELEASE]: String(alloc.release),
})

export const identityOf = (labels: Labels | null): Pick<AllocState, 'id' | 'app' | 'target' | 'service' | 'slot'> => ({
  id: labels?.[ALLOC] ?? '',
  app: labels?.[APP] ?? '',
  target: labels?.[TARGET] ?? '',
  service: labels?.[SERVICE] ?? '',
  slot: Number(labels?.[SLOT] ?? 0),
})

/** Compose's two labels let `docker compose up` accept a network that we made. */
export const networkLabels = (app: string, key: string, owner: string): Labels => ({
  'com.docker.compose.project': app,
  'com.docker.compose.network': key,
  [APP]: app,
  [OWNER]: owner,
})

export const volumeLabels = (app: string, owner: string): Labels => ({ [APP]: app, [OWNER]: owner })

export const labelFilter = (...labels: readonly string[]): string => JSON.stringify({ label: labels })
