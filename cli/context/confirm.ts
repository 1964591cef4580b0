// Consent (DESIGN section 9): what the flags already allow is not asked again; the rest is asked on a terminal, and
// where nobody can be asked the refusal names the exact flag.
import { createInterface } from 'node:readline/promises'
import { StormportError } from '../../core/errors.ts'
import type { Consent } from '../../core/model/plan.ts'
import type { Confirm } from '../../core/ports.ts'
import { plainText } from '../render/plain-text.ts'
import type { World } from '../world.ts'

const WORDS: Readonly<Record<Consent, string>> = {
  none: 'changes nothing that matters',
  apply: 'changes a remote target',
  expose: 'newly reachable from outside',
  spend: 'creates or enlarges what costs money',
  destroy: 'removes data that nothing else holds',
  override: 'takes over what others own',
}

type Question = Parameters<Confirm>[0]

export const createConfirm = (
  world: World,
  given: { readonly allowed: readonly Consent[]; readonly interactive: () => boolean },
  signal: AbortSignal,
): Confirm => {
  return async (question) => {
    const open = question.classes.filter(({ consent }) => consent !== 'none' && !given.allowed.includes(consent))
    if (open.length === 0) return true
    if (!given.interactive()) throw consentMissing(question.app, open)
    world.stderr.write(questionText(question.app, open))
    return ask(world, signal)
  }
}

/** `--yes` for changes of remote targets, `--allow WORDS` for the rest. */
export const flagFor = (consents: readonly Consent[]): string => {
  const words = consents.filter((consent) => consent !== 'apply')
  return [
    ...(consents.includes('apply') ? ['--yes'] : []),
    ...(words.length > 0 ? [`--allow ${words.join(',')}`] : []),
  ].join(' ')
}

const consentMissing = (app: string, open: Question['classes']): StormportError => {
  const flag = flagFor(open.map(({ consent }) => consent))
  const items = open
    .flatMap((entry) => entry.items)
    .slice(0, 5)
    .join('; ')
  return new StormportError('Declined', `${app}: this needs a yes and there is nobody to ask: ${items}`, {
    diagnostic: 'SP1506',
    source: 'user',
    hint: `review with stormport plan, then add ${flag}`,
  })
}

const questionText = (app: string, open: Question['classes']): string => {
  const lines = open.flatMap(({ consent, items }) => [
    `  ${WORDS[consent]} (${consent}):`,
    ...items.map((item) => `    ${plainText(item)}`),
  ])
  return [`${plainText(app)}:`, ...lines, ''].join('\n')
}

const ask = async (world: World, signal: AbortSignal): Promise<boolean> => {
  const reader = createInterface({ input: world.stdin, output: world.stderr.stream })
  try {
    const answer = await reader.question('Proceed? [y/N] ', { signal })
    return ['y', 'yes'].includes(answer.trim().toLowerCase())
  } finally {
    reader.close()
  }
}
