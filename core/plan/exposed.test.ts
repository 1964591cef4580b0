import { describe, expect, it } from 'vitest'
import { app, extension, fleet, port, service, target } from '../../test/builders/app.ts'
import { seen, state, work } from '../../test/builders/plan.ts'
import type { Service } from '../model/app.ts'
import type { Target } from '../model/fleet.ts'
import type { TargetSpec } from '../model/native-object.ts'
import { exposedBy } from './index.ts'

const spec = (on: Target, services: readonly Service[], count = 1): TargetSpec => ({
  app: app(services),
  fleet: fleet([on]),
  target: on,
  facts: state([]).facts,
  release: 1,
  services: services.map((s) => ({
    service: s,
    count,
    image: null,
    codeHash: null,
    restarts: 0,
    reach: {},
    failureAction: 'pause',
  })),
})

const here = target('here', { provider: 'local', here: true })

describe('doors of a local target', () => {
  it('are its published ports, to the network unless bound to loopback', () => {
    const web = service('web', {
      ports: [
        port({ published: 8080 }),
        port({ target: 81 }),
        port({ target: 82, published: 82, hostIp: '127.0.0.1' }),
      ],
    })
    expect(exposedBy(spec(here, [web]), state([]))).toEqual([
      { target: 'here', service: 'web', host: '0.0.0.0', port: 8080, reach: 'network' },
      { target: 'here', service: 'web', host: '0.0.0.0', port: null, reach: 'network' },
      { target: 'here', service: 'web', host: '127.0.0.1', port: 82, reach: 'machine' },
    ])
  })

  it('are listed only when they are not open already', () => {
    const ports = [port({ published: 8080 }), port({ target: 81 })]
    const live = state([seen(work('web', { ports }))])
    expect(exposedBy(spec(here, [service('web', { ports })]), live)).toEqual([])
    const moved = exposedBy(spec(here, [service('web', { ports: [port({ published: 9090 })] })]), live)
    expect(moved.map((e) => e.port)).toEqual([9090])
    expect(exposedBy(spec(here, [service('api', { ports })]), live)).toHaveLength(2)
  })

  it('are not opened by a service without replicas there', () => {
    expect(exposedBy(spec(here, [service('web', { ports: [port({})] })], 0), state([]))).toEqual([])
  })
})

describe('doors of a cluster', () => {
  it('are what expose and publish name, never ports alone', () => {
    const web = service('web', { ports: [port({ published: 8080 })] })
    const named = service('web', {
      ports: [port({})],
      extension: extension({ expose: [{ host: 'shop.example.com', path: '/', port: 80, tls: true }] }),
    })
    const rack = target('rack', { provider: 'kubernetes' })
    expect(exposedBy(spec(rack, [web]), state([]))).toEqual([])
    expect(exposedBy(spec(rack, [named]), state([]))).toEqual([
      { target: 'rack', service: 'web', host: 'shop.example.com', port: 443, reach: 'internet' },
    ])
    const open = target('rack', { provider: 'kubernetes', publish: 'public' })
    expect(exposedBy(spec(open, [web]), state([]))).toEqual([
      { target: 'rack', service: 'web', host: 'public', port: 8080, reach: 'internet' },
    ])
  })

  it('are new once only, and never those that the machine alone reaches', () => {
    const rack = target('rack', { provider: 'kubernetes', publish: 'nodePort' })
    const ports = [port({ published: 8080 }), port({ target: 81, published: 81, hostIp: '127.0.0.1' })]
    const door = { ...work('web', { spec: { type: 'NodePort', ports: [{ port: 8080 }] } }), kind: 'Service' }
    const live = state([seen({ ...door, name: 'web-nodeport' })])
    expect(exposedBy(spec(rack, [service('web', { ports })]), state([]))).toEqual([
      { target: 'rack', service: 'web', host: 'nodePort', port: 8080, reach: 'network' },
    ])
    expect(exposedBy(spec(rack, [service('web', { ports })]), live)).toEqual([])
    const more = exposedBy(spec(rack, [service('web', { ports: [...ports, port({ published: 9090 })] })]), live)
    expect(more.map((e) => e.port)).toEqual([9090])
    const wider = target('rack', { provider: 'kubernetes', publish: 'public' })
    expect(exposedBy(spec(wider, [service('web', { ports })]), live).map((e) => e.reach)).toEqual(['internet'])
  })
})
