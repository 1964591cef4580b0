import { describe, expect, it } from 'vitest'
import type { App } from '../../../core/model/app.ts'
import { at, specOf } from '../../../test/builders/kubernetes.ts'
import { allCases } from '../../../test/compose/corpus.ts'
import { loadCase } from '../../../test/compose/load-case.ts'
import { verdicts } from '../verdicts/index.ts'
import { render } from './index.ts'

const apps = allCases().flatMap((one): readonly (readonly [string, App])[] => {
  const app = loadCase(one)
  return app === null ? [] : [[`${one.topic} ${one.name}`, app]]
})

describe('the corpus', () => {
  it('has applications to try', () => {
    expect(apps.length).toBeGreaterThan(100)
  })

  it('renders to objects with legal names, each once, and no value that is none', () => {
    for (const [name, app] of apps) {
      const spec = specOf(app)
      const objects = render(spec.target, spec)
      expect(new Set(objects.map((o) => o.id)).size, name).toBe(objects.length)
      for (const o of objects) {
        expect(o.name, name).toMatch(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/)
        expect(JSON.stringify(o.body), name).not.toMatch(/[:[,]null\b/)
        for (const key of Object.keys(Object(at(o.body, 'spec.template.metadata.annotations'))))
          expect(key, name).toMatch(/^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/)
      }
    }
  })

  it('is judged with a place, a service and, where it is refused, a remedy', () => {
    for (const [name, app] of apps) {
      const spec = specOf(app)
      for (const d of verdicts(spec.target, spec)) {
        expect(d.target, name).toBe('rack')
        if (d.service !== undefined) expect(d.span?.line, `${name}: ${d.message}`).toBeGreaterThan(0)
        if (d.severity === 'error') expect(d.hint, `${name}: ${d.message}`).toBeTruthy()
      }
    }
  })
})
