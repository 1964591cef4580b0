// Flags → the engine's requests.
import type { Common, DeployRequest, PlanRequest, SavedPlan } from '../core/engine/api.ts'
import { StormportError } from '../core/errors.ts'
import type { Call, Flags } from './call.ts'
import { choiceOf, durationOf, type Options } from './options.ts'

const WAIT_ADDRESS_MS = 15_000
const ON_FAILURE = ['rollback', 'pause', 'keep'] as const

export const commonOf = ({ targets, timeoutMs, lockWaitMs }: Options): Common => ({ targets, timeoutMs, lockWaitMs })

export const planRequest = ({ args, flags, context: { options } }: Call): PlanRequest => ({
  ...commonOf(options),
  services: args.length === 0 ? null : args,
  rebalance: flags.on('rebalance'),
  resolveImages: !flags.off('resolve'),
  pull: flags.on('pull'),
  allow: options.allow,
  allowRisks: options.allowRisks,
  infra: !flags.off('infra'),
})

export const deployRequest = (call: Call, savedPlan: SavedPlan | null): DeployRequest => {
  const { flags } = call
  const onFailure = flags.text('onFailure')
  return {
    ...planRequest(call),
    savedPlan,
    wait: !flags.off('wait') && !flags.on('detach'),
    onFailure: onFailure === null ? null : choiceOf('onFailure', onFailure, ON_FAILURE),
    allowUnplaced: flags.on('allowUnplaced'),
    build: buildOf(flags),
    requireDigests: flags.on('requireDigests'),
    force: flags.list('force'),
    message: flags.text('message'),
    waitAddressMs: durationOf(flags, 'waitAddress') ?? WAIT_ADDRESS_MS,
  }
}

/** `web=3 api=2` */
export const countsOf = (words: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(words.map(countOf))

const countOf = (word: string): readonly [string, number] => {
  const [, service, count] = /^([^=]+)=(\d{1,6})$/.exec(word) ?? []
  if (service !== undefined && count !== undefined) return [service, Number(count)]
  throw new StormportError('BadInput', `"${word}" is no SERVICE=N`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: 'write for example web=3',
  })
}

const buildOf = (flags: Flags): DeployRequest['build'] => {
  if (flags.off('build')) return 'never'
  return flags.on('build') ? 'always' : 'changed'
}
