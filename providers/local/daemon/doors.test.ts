import { describe, expect, it } from 'vitest'
import type { Port } from '../../../core/model/app.ts'
import { endpointOf, portToTry } from './doors.ts'

const port = (over: Partial<Port> = {}): Port => ({
  target: 80,
  published: null,
  publishedRange: null,
  hostIp: null,
  protocol: 'tcp',
  mode: 'ingress',
  appProtocol: null,
  ...over,
})

describe('the port of a door', () => {
  it('is the written one, else the one that was picked before, else any', () => {
    expect([
      portToTry(port({ published: 8080 }), 9, 3),
      portToTry(port(), 9, 3),
      portToTry(port(), undefined, 0),
    ]).toEqual([8080, 9, 0])
  })

  it('goes through a written range, beginning with the one that was picked before', () => {
    const range = port({ publishedRange: [8000, 8002] })
    expect([0, 1, 2, 3].map((attempt) => portToTry(range, 8001, attempt))).toEqual([8001, 8002, 8000, 8001])
  })
})

describe('an endpoint', () => {
  it('names this machine and the protocol that the port speaks', () => {
    expect([
      endpointOf(port(), 8080),
      endpointOf(port({ hostIp: '0.0.0.0', appProtocol: 'https' }), 8443),
      endpointOf(port({ protocol: 'udp' }), 53),
      endpointOf(port({ appProtocol: 'tcp', hostIp: '::1' }), 6379),
    ]).toEqual(['http://127.0.0.1:8080', 'https://127.0.0.1:8443', 'udp://127.0.0.1:53', 'tcp://[::1]:6379'])
  })
})
