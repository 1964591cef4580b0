import { describe, expect, it } from 'vitest'
import { Secret } from './secret.ts'
import { collectSecrets, mapSecrets } from './secret-walk.ts'

describe('walks over secrets', () => {
  const deep = {
    plain: ['a', { b: 1 }],
    env: { TOKEN: new Secret('web.environment.TOKEN', 'canary'), list: [new Secret('x', 'y')] },
  }

  it('replaces each secret, at any depth', () => {
    expect(mapSecrets(deep, () => '(secret)')).toEqual({
      plain: ['a', { b: 1 }],
      env: { TOKEN: '(secret)', list: ['(secret)'] },
    })
  })

  it('keeps what holds no secret by identity', () => {
    const mapped = mapSecrets(deep, (secret) => secret.keyed('00'))
    expect(mapped.plain).toBe(deep.plain)
    expect(mapSecrets(deep.plain, () => 0)).toBe(deep.plain)
  })

  it('keys every secret, so that JSON holds references only', () => {
    const text = JSON.stringify(mapSecrets(deep, (secret) => secret.keyed('ab'.repeat(32))))
    expect(text).not.toContain('canary')
    expect(text).toMatch(/"secret":"[0-9a-f]{64}","name":"web\.environment\.TOKEN"/)
  })

  it('collects in order of appearance', () => {
    expect(collectSecrets(deep).map((secret) => secret.name)).toEqual(['web.environment.TOKEN', 'x'])
  })
})
