import { describe, expect, it } from 'vitest'
import type { ObservedObject, Readiness } from '../../core/model/replica.ts'
import { createDrawn } from './drawn.ts'
import type { RawObject } from './raw.ts'
import type { Related } from './readiness.ts'

const related = (nowMs: number, pods: readonly RawObject[] = []): Related => ({
  pods,
  replicaSets: [],
  events: [],
  nowMs,
})

const picture = (readiness: Partial<Readiness>): ObservedObject => ({
  id: 'apps/Deployment/shop/web',
  uid: 'u',
  kind: 'Deployment',
  name: 'web',
  scope: 'app',
  guard: 'none',
  stage: 50,
  owner: 'ours',
  drift: [],
  readiness: { state: 'ready', retriable: true, ...readiness },
})

describe('what a watch has drawn', () => {
  it('is kept while object and neighbours are the same and it is ready', () => {
    const [drawn, object, pod] = [createDrawn(), {}, {}]
    const first = drawn.object(object, related(1, [pod]), () => picture({}))
    const never = (): ObservedObject => {
      throw new Error('drawn again')
    }
    expect(drawn.object(object, related(2, [pod]), never)).toBe(first)
  })

  it('is drawn again when a pod has changed', () => {
    const [drawn, object] = [createDrawn(), {}]
    drawn.object(object, related(1, [{}]), () => picture({}))
    const next = drawn.object(object, related(2, [{}]), () => picture({ state: 'progressing' }))
    expect(next.readiness.state).toBe('progressing')
  })

  it('is drawn again as time goes on while it is not ready, and stays one thing until that shows', () => {
    const [drawn, object] = [createDrawn(), {}]
    const waiting = (): ObservedObject => picture({ state: 'progressing', reason: 'Unschedulable' })
    const first = drawn.object(object, related(1), waiting)
    expect(drawn.object(object, related(2), waiting)).toBe(first)
    const late = drawn.object(object, related(3), () => picture({ state: 'failed', reason: 'Unschedulable' }))
    expect(late.readiness.state).toBe('failed')
  })
})
