import { describe, expect, test } from 'vitest'
import type { Confirm } from '../../core/ports.ts'
import { events, record, resultEvent } from '../recording-world.ts'
import type { World } from '../world.ts'
import { createConfirm, flagFor } from './confirm.ts'

const question = {
  app: 'shop',
  classes: [
    { consent: 'none' as const, items: [] },
    { consent: 'apply' as const, items: ['change rack'] },
    { consent: 'destroy' as const, items: ['volume shop_data'] },
  ],
}

/** The confirm that the command line makes, taken where it hands it to the engine. */
const confirmOf = async (
  words: string,
  scene: { readonly tty?: boolean; readonly input?: string } = {},
): Promise<{ readonly answer: unknown; readonly err: string }> => {
  let answer: unknown
  const engine = {
    find: async () => ({ app: 'shop', fleet: { targets: [] } }),
    destroy: () => events(resultEvent()),
    close: async () => undefined,
  }
  const run = await record(words, {
    ...scene,
    bindings: {
      createEngine: async (_: unknown, { confirm }: { readonly confirm: Confirm }) => {
        answer = await confirm(question).catch((error: unknown) => error)
        // The three members that destroy uses.
        return engine as never
      },
    },
  })
  return { answer, err: run.err }
}

describe('consent', () => {
  test('what the flags allow is not asked', async () => {
    expect((await confirmOf('destroy --yes --allow destroy')).answer).toBe(true)
  })

  test('without a terminal the refusal names the exact flag', async () => {
    expect((await confirmOf('destroy')).answer).toMatchObject({
      code: 'Declined',
      details: { diagnostic: 'SP1506', hint: 'review with stormport plan, then add --yes --allow destroy' },
    })
    expect((await confirmOf('destroy --yes')).answer).toMatchObject({
      details: { hint: 'review with stormport plan, then add --allow destroy' },
    })
  })

  test('on a terminal the question lists what it is about; only a yes is a yes', async () => {
    const yes = await confirmOf('destroy', { tty: true, input: 'y\n' })
    expect(yes.answer).toBe(true)
    expect(yes.err).toContain('volume shop_data')
    expect((await confirmOf('destroy', { tty: true, input: '\n' })).answer).toBe(false)
    expect((await confirmOf('destroy', { tty: true, input: 'yolo\n' })).answer).toBe(false)
  })

  test('with --json nobody is asked, terminal or not', async () => {
    expect((await confirmOf('destroy --json', { tty: true, input: 'y\n' })).answer).toMatchObject({ code: 'Declined' })
  })

  test('flags are those of the classes that are open', () => {
    expect(flagFor(['apply'])).toBe('--yes')
    expect(flagFor(['expose', 'spend'])).toBe('--allow expose,spend')
  })

  test('nothing to consent to is a yes without looking at the terminal', async () => {
    const confirm = createConfirm({} as World, { allowed: [], interactive: () => false }, new AbortController().signal)
    await expect(confirm({ app: 'shop', classes: [{ consent: 'none', items: ['port 80'] }] })).resolves.toBe(true)
  })
})
