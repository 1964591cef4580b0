import { describe, expect, it } from 'vitest'
import { CONFIG_MAP, LEASE, SECRET } from './client/kinds.ts'
import { createInPlay } from './in-play.ts'

describe('kinds in play', () => {
  it('are all of them as long as nothing was looked at', () => {
    expect(createInPlay(() => 0).has('shop', CONFIG_MAP)).toBe(true)
  })

  it('are those that were seen and those that were applied since, for each app', () => {
    const inPlay = createInPlay(() => 0)
    inPlay.saw('shop', [CONFIG_MAP])
    inPlay.applied('shop', SECRET)
    expect([CONFIG_MAP, SECRET, LEASE].map((kind) => inPlay.has('shop', kind))).toEqual([true, true, false])
    expect(inPlay.has('blog', LEASE)).toBe(true)
    inPlay.saw('shop', [])
    expect(inPlay.has('shop', CONFIG_MAP)).toBe(false)
  })

  it('are all of them again when the look is long ago', () => {
    let nowMs = 0
    const inPlay = createInPlay(() => nowMs)
    inPlay.saw('shop', [])
    nowMs = 60_001
    expect(inPlay.has('shop', CONFIG_MAP)).toBe(true)
  })
})
