// One small application in a namespace of its own on a plane, and what tests of its objects ask again and again.
import { expect } from 'vitest'
import type { NativeObject } from '../../../core/model/native-object.ts'
import type { Action, Consent } from '../../../core/model/plan.ts'
import type { Plane } from '../../clusters/index.ts'
import type { Told } from '../../engine/stand.ts'
import { createWorld, type World, wordsOf } from './world.ts'

export interface Live {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: unknown
}

export interface Shop {
  readonly app: string
  readonly world: World
  /** Must end well. */
  deploy(compose: string, allow?: readonly Consent[]): Promise<Told>
  /** One step alone, as the engine would send it. */
  apply(action: Action): Promise<{ readonly changed: boolean }>
  /** The object of that kind that a deploy would make. */
  planned(compose: string, kind: string): Promise<NativeObject>
  /** 'apis/apps/v1/deployments', 'web' */
  path(resource: string, name: string): string
  read(resource: string, name: string): Promise<Live>
}

export const DEPLOYMENTS = 'apis/apps/v1/deployments'
export const SERVICES = 'api/v1/services'

export const WEB = (image = 'web:1'): string => `services:\n  web: { image: "${image}", ports: ["8080"] }\n`

export const openShop = (plane: Plane, kubeconfig: string, app: string): Shop => {
  const world = createWorld(app, [{ name: 'rack', kubeconfig }])
  const path: Shop['path'] = (resource, name) => {
    const slash = resource.lastIndexOf('/')
    return `/${resource.slice(0, slash)}/namespaces/${app}/${resource.slice(slash + 1)}/${name}`
  }
  return {
    app,
    world,
    deploy: async (compose, allow = []) => {
      const told = await world.deploy(compose, allow)
      expect(told.result.exitCode, wordsOf(told)).toBe(0)
      return told
    },
    apply: (action) => {
      const [target] = world.project(WEB()).fleet.targets
      if (target === undefined) throw new Error('no target')
      const signal = AbortSignal.timeout(30_000)
      return world.provider.apply(target, action, { app, release: 1, signal, progress: () => {} })
    },
    planned: async (compose, kind) => {
      const found = (await world.plan(compose)).plan.actions.find((a) => a.objectKind === kind)?.object
      if (found === undefined || found === null) throw new Error(`no ${kind} is planned`)
      return found
    },
    path,
    read: (resource, name) => plane.api.request<Live>('GET', path(resource, name)),
  }
}

export const isThere = (plane: Plane, path: string): Promise<boolean> =>
  plane.api.request('GET', path).then(
    () => true,
    () => false,
  )
