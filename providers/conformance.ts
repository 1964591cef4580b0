// One suite that every adapter passes through its real client (DESIGN section 4). Call describeProvider in the adapter's
// own test file; `make` starts what it needs and `cleanup` ends it. A capability called native may not skip its case.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Case } from './conformance/case.ts'
import { createDrive, type Drive } from './conformance/drive.ts'
import { eventCases } from './conformance/events.ts'
import { CASES, type CaseName, type ConformanceOptions, HANDS, type Harness } from './conformance/harness.ts'
import { objectCases } from './conformance/objects.ts'
import { recordCases } from './conformance/records.ts'
import { streamCases } from './conformance/streams.ts'

export { type ConformanceOptions, type ForeignObject, type Harness, NODE_PROGRAM } from './conformance/harness.ts'

const names = Object.keys(CASES).filter((name): name is CaseName => name in CASES)
const cases: Readonly<Partial<Record<CaseName, Case>>> = {
  ...objectCases,
  ...recordCases,
  ...streamCases,
  ...eventCases,
}

export const describeProvider = (
  name: string,
  make: () => Promise<Harness>,
  options: ConformanceOptions = {},
): void => {
  const skip = new Map((options.skip ?? []).map((s) => [s.test, s.reason]))
  describe(`${name} keeps the provider contract`, () => {
    const open: { drive?: Drive } = {}
    const drive = (): Drive => {
      if (open.drive === undefined) throw new Error('the harness did not start')
      return open.drive
    }
    beforeAll(async () => {
      open.drive = createDrive(await make())
    })
    afterEach(() => open.drive?.retireAll())
    afterAll(async () => {
      try {
        await open.drive?.close()
      } finally {
        await open.drive?.harness.provider.close()
        await open.drive?.harness.cleanup()
      }
    })

    it('skips nothing that it calls native, and nothing that all must pass', () => {
      const features = drive().harness.provider.capabilities.features
      const wrong = [...skip.keys()].filter((test) => CASES[test] === null || features[CASES[test]] === 'native')
      expect(wrong).toEqual([])
    })
    for (const test of names)
      it(test, { timeout: 90_000 }, async (context) => {
        const reason = skip.get(test) ?? missing(test, drive().harness)
        if (reason !== null) context.skip(reason)
        await run(test, drive())
      })
  })
}

/** Why the harness cannot show it, or null; the adapter must then not call it native. */
const missing = (test: CaseName, harness: Harness): string | null => {
  const hand = HANDS[test]
  if (hand === undefined || harness[hand] !== undefined) return null
  const feature = CASES[test]
  if (feature !== null && harness.provider.capabilities.features[feature] === 'native')
    throw new Error(`${harness.provider.kind} calls ${feature} native, and its harness has no ${hand}`)
  return `the harness has no ${hand}`
}

const run = (test: CaseName, drive: Drive): Promise<void> => {
  const found = cases[test]
  if (found === undefined) throw new Error(`the suite has no case '${test}'`)
  return found(drive)
}
