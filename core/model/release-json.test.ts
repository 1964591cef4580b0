import { describe, expect, it } from 'vitest'
import type { App } from './app.ts'
import { contentHash } from './canonical.ts'
import { appFromJson, appToJson, reviveSecrets } from './release-json.ts'
import { Secret } from './secret.ts'
import { collectSecrets, mapSecrets } from './secret-walk.ts'

const APP: App = {
  name: 'shop',
  services: [],
  networks: [],
  volumes: [],
  configs: [{ key: 'c', name: 'shop_c', external: false, content: 'listen 80' }],
  secrets: [{ key: 't', name: 'shop_t', external: false, content: new Secret('secrets.t', 'canary-value') }],
  projectRoot: '/project',
  workingDir: '/project',
  files: ['/project/compose.yaml'],
}

const keyed = mapSecrets(APP, (secret) => secret.keyed('0c'.repeat(32)))

describe('an app in a release', () => {
  it('is stored without secret values', () => {
    expect(JSON.stringify(appToJson(keyed))).not.toContain('canary-value')
  })

  it('comes back equal, its secrets known by reference only', () => {
    const back = appFromJson(appToJson(keyed))
    expect(contentHash(back)).toBe(contentHash(keyed))
    expect(back.configs[0]?.content).toBe('listen 80')
    const [secret] = collectSecrets(back)
    expect(secret?.reveal()).toBeUndefined()
    expect(secret?.ref).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is refused when it is none', () => {
    expect(() => appFromJson({ name: 'x' })).toThrow('the stored release holds no application')
  })

  it('takes only exact references for secrets', () => {
    expect(reviveSecrets({ secret: 'new', name: 'x', more: 1 })).toEqual({ secret: 'new', name: 'x', more: 1 })
    expect(reviveSecrets([{ secret: 'new', name: 'x' }])).toEqual([expect.any(Secret)])
  })
})
