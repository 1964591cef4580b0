// kubeconfig files as kubectl reads them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isStormportError } from '../../../core/errors.ts'
import { target } from '../../../test/builders/app.ts'
import { clusterAccess } from './kubeconfig.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, body: unknown): string => {
  const path = join(folder, name)
  writeFileSync(path, typeof body === 'string' ? body : JSON.stringify(body))
  return path
}

const config = (server: string, user: unknown, more: unknown = {}) => ({
  clusters: [{ name: 'c', cluster: { server, ...Object(more) } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  users: [{ name: 'u', user }],
  'current-context': 'x',
})

const on = (settings: Readonly<Record<string, unknown>>) => target('rack', { provider: 'kubernetes', settings })

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (isStormportError(error)) return `${error.code} ${error.message} ${error.details.hint ?? ''}`
    throw error
  }
  return 'none'
}

describe('kubeconfig files', () => {
  it('keep the first of two entries with one name', () => {
    const first = file('first', config('https://one:6443/', { token: 'a' }))
    const second = file('second', config('https://two:6443', { token: 'b' }))
    const access = clusterAccess(on({}), { KUBECONFIG: `${first}:${second}` })
    expect(access).toMatchObject({ server: 'https://one:6443', context: 'x', user: { kind: 'token', token: 'a' } })
  })
  it('are found one in the other, also when the first is missing', () => {
    const second = file('only', config('https://two:6443', { token: 'b' }))
    expect(clusterAccess(on({}), { KUBECONFIG: `${join(folder, 'absent')}:${second}` }).server).toBe('https://two:6443')
  })
  it('name files relative to themselves', () => {
    file('ca.pem', 'THE CA')
    const path = file('relative', config('https://one:6443', {}, { 'certificate-authority': 'ca.pem' }))
    expect(clusterAccess(on({ kubeconfig: path }), {}).ca).toBe('THE CA')
  })
  it('may not switch TLS verification off', () => {
    const path = file('insecure', config('https://one:6443', {}, { 'insecure-skip-tls-verify': true }))
    expect(refusal(() => clusterAccess(on({ kubeconfig: path }), {}))).toContain('TLS verification')
  })
  it('are held to the pinned server', () => {
    const path = file('pinned', config('https://one:6443', {}))
    const refused = refusal(() => clusterAccess(on({ kubeconfig: path, server: 'https://other:6443' }), {}))
    expect(refused).toContain('Conflict context x leads to https://one:6443, not to https://other:6443')
  })
  it('list their contexts when the wanted one is not there', () => {
    const path = file('contexts', config('https://one:6443', {}))
    expect(refusal(() => clusterAccess(on({ kubeconfig: path, context: 'y' }), {}))).toMatch(/no context y.*there: x/)
  })
  it('never show what is in a file that cannot be parsed', () => {
    const path = file('broken', 'users: [ { token: hunter2-canary }')
    expect(refusal(() => clusterAccess(on({ kubeconfig: path }), {}))).not.toContain('hunter2')
  })
  it('refuse the sign-in that Kubernetes has removed, with the way out', () => {
    const path = file('old', config('https://one:6443', { 'auth-provider': { name: 'gcp' } }))
    expect(refusal(() => clusterAccess(on({ kubeconfig: path }), {}))).toContain('exec plugin')
  })
})
