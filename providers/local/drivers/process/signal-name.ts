// Names of signals as Compose files write them: TERM, SIGTERM, 15.
import { constants } from 'node:os'
import { StormportError } from '../../../../core/errors.ts'

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name)

export const signalName = (text: string | null): NodeJS.Signals => {
  if (text === null || text === '') return 'SIGTERM'
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === text)?.[0]
  const name = byNumber ?? (text.toUpperCase().startsWith('SIG') ? text.toUpperCase() : `SIG${text.toUpperCase()}`)
  if (isSignal(name)) return name
  throw new StormportError('InvalidSpec', `${text} is no signal of this machine`, {
    hint: 'write a name such as SIGTERM',
  })
}
