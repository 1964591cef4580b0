import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inodesOf } from './port-holder.ts'
import { portCandidates } from './ports.ts'
import { chooseBackend } from './udp.ts'

describe('the port of an entry', () => {
  it('is the one that it names, and no other', () => {
    expect(portCandidates('k', 8080, 5)).toEqual([8080])
  })

  it('is the one that it had, else one that its key alone decides, outside of the range of outgoing connections', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const fresh = portCandidates(key, 0, null)
        expect(portCandidates(key, 0, 32_100)).toEqual([32_100, ...fresh])
        expect(fresh.at(-1)).toBe(0)
        for (const port of fresh.slice(0, -1)) expect(port >= 32_000 && port < 32_768).toBe(true)
        expect(new Set(fresh).size).toBe(fresh.length)
      }),
    )
  })
})

describe('the holder of a port', () => {
  it('is found among the sockets that listen', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0',
      '   1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0',
      '   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0',
    ].join('\n')
    expect(inodesOf(table, 8080, 'tcp')).toEqual(['11'])
    expect(inodesOf(table, 80, 'tcp')).toEqual(['13'])
    expect(inodesOf(table, 81, 'tcp')).toEqual([])
  })
})

describe('datagrams of one source', () => {
  const backends = ['a', 'b', 'c'].map((id) => ({ id, host: '127.0.0.1', port: 1, draining: false }))

  it('keep their backend while others come and go', () => {
    const sources = Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`)
    const before = sources.map((source) => chooseBackend(source, backends)?.id)
    const after = sources.map((source) => chooseBackend(source, backends.slice(0, 2))?.id)
    for (const [index, id] of before.entries()) if (id !== 'c') expect(after[index]).toBe(id)
    for (const id of ['a', 'b', 'c']) expect(before.filter((one) => one === id).length).toBeGreaterThan(20)
  })

  it('go nowhere when no backend is ready', () => {
    expect(chooseBackend('x', [])).toBeNull()
    expect(
      chooseBackend(
        'x',
        backends.map((backend) => ({ ...backend, draining: true })),
      ),
    ).toBeNull()
  })
})
