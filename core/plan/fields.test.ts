import { describe, expect, it } from 'vitest'
import { Secret } from '../model/secret.ts'
import { diffFields } from './fields.ts'

const key = 'ab'.repeat(32)
const secret = (value: string) => new Secret('web.environment.PW', value).keyed(key)
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('the field difference', () => {
  it('names what changed, was added and was removed by its path', () => {
    const changes = diffFields({ a: 1, b: { c: 'x', d: true } }, { a: 2, b: { c: 'x', e: [1] } })
    expect(changes).toEqual([
      { path: 'a', from: 1, to: 2 },
      { path: 'b.d', from: true, to: null },
      { path: 'b.e', from: null, to: [1] },
    ])
  })

  it('compares lists of named things by name and other lists as a whole', () => {
    const changes = diffFields(
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        command: ['run', '-v'],
      },
      {
        env: [
          { name: 'B', value: '3' },
          { name: 'A', value: '1' },
        ],
        command: ['-v', 'run'],
      },
    )
    expect(changes).toEqual([
      { path: 'command', from: ['run', '-v'], to: ['-v', 'run'] },
      { path: 'env[B].value', from: '2', to: '3' },
    ])
  })

  it('treats absent and null as one', () => {
    expect(diffFields({ a: null, c: 1 }, { b: undefined, c: 1 })).toEqual([])
  })

  it('sees an unchanged secret as unchanged, although one side is JSON', () => {
    expect(diffFields(stored({ pw: secret('hunter2') }), { pw: secret('hunter2') })).toEqual([])
  })

  it('shows a changed secret without either value', () => {
    expect(diffFields(stored({ pw: secret('hunter2') }), { pw: secret('hunter3') })).toEqual([
      { path: 'pw', from: '(secret)', to: '(secret)' },
    ])
  })

  it('hides the plain side too when a value becomes a secret or ceases to be one', () => {
    const changes = [
      ...diffFields({ pw: 'hunter2' }, { pw: secret('hunter2') }),
      ...diffFields(stored({ pw: secret('hunter2') }), { pw: 'hunter2' }),
      ...diffFields({ command: ['--password', 'hunter2'] }, { command: ['-v', '--password', secret('hunter2')] }),
      ...diffFields({ url: 'db://u:hunter2@h' }, { url: { parts: [secret('hunter2')] } }),
      ...diffFields({}, { file: { content: secret('hunter2'), mode: 1 } }),
    ]
    expect(changes).toHaveLength(5)
    expect(JSON.stringify(changes)).not.toContain('hunter2')
    expect(changes.at(-1)).toEqual({ path: 'file', from: null, to: { content: '(secret)', mode: 1 } })
  })
})
