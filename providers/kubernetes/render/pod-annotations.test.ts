import { describe, expect, it } from 'vitest'
import { at, bodyOf, rendered } from '../../../test/builders/kubernetes.ts'

const COMPOSE = `
services:
  web: { image: web:1, networks: [back], volumes: ["data:/d"] }
networks: { back: { labels: { team: shop, "not a name!": x } } }
volumes: { data: { labels: { backup: weekly, "acme.dev/owner": "the shop" } } }
`

describe('labels of a Compose file', () => {
  const objects = rendered(COMPOSE)

  it('of a volume are annotations of its claim', () => {
    expect(at(bodyOf(objects, 'PersistentVolumeClaim/data'), 'metadata.annotations')).toEqual({
      backup: 'weekly',
      'acme.dev/owner': 'the shop',
    })
  })

  it('of a network are annotations of its policy, as far as they can be', () => {
    expect(at(bodyOf(objects, 'NetworkPolicy/network-back'), 'metadata.annotations')).toEqual({ team: 'shop' })
  })
})
