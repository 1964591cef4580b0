import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isIp, parsePorts } from './port-syntax.ts'

const port = fc.integer({ min: 1, max: 65535 })

describe('parsePorts', () => {
  it('reads back what a short form says', () => {
    fc.assert(
      fc.property(port, port, fc.constantFrom('tcp', 'udp', 'sctp'), (published, target, protocol) => {
        const parsed = parsePorts(`127.0.0.1:${published}:${target}/${protocol}`)
        expect(parsed).toEqual({ ports: [{ hostIp: '127.0.0.1', published: `${published}`, target, protocol }] })
      }),
    )
  })

  it('gives each port of a range its own published one', () => {
    const parsed = parsePorts('8000-8002:80-82')
    expect('ports' in parsed && parsed.ports.map((p) => `${p.published}:${p.target}`)).toEqual([
      '8000:80',
      '8001:81',
      '8002:82',
    ])
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parsePorts(text)).toBeDefined()
      }),
    )
  })
})

describe('isIp', () => {
  it.each(['0.0.0.0', '::', '::1', '2001:db8::1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'])('%s is one', (text) => {
    expect(isIp(text)).toBe(true)
  })

  it.each(['', '1.2.3', '256.0.0.1', '01.2.3.4', ':::', '1::2::3', 'host', '1:2:3:4:5:6:7:8:9'])(
    '%s is none',
    (text) => {
      expect(isIp(text)).toBe(false)
    },
  )
})
