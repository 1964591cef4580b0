// The verbs that only read, from the built files: what the bundler makes of a module shows only there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from './world.ts'

describe('the built command line', { timeout: 60_000 }, () => {
  let w: World
  beforeAll(() => {
    w = createWorld({ example: 'hello' })
  })
  afterAll(() => w?.end())

  it.each([
    ['config', /^name: hello\nservices:/],
    ['render', /^---\nkind: service\napp: hello\n/m],
    ['check', /./],
    ['plan', /create/],
    ['schema', /"\$schema"/],
    ['completion bash', /stormport/],
    ['explain SP3201', /image not found/],
    ['ps', /no replicas/],
    ['status', /hello/],
    ['apps', /./],
    ['releases', /./],
    ['history', /./],
    ['daemon status', /local daemon/],
  ])('answers %s', (words, answer) => {
    const ran = w.run(...words.split(' '))
    expect(ran.code, ran.all).toBe(0)
    expect(ran.all).toMatch(answer)
    expect(ran.all).not.toMatch(/internal error/)
  })
})
