import { describe, expect, it } from 'vitest'
import { service } from '../builders/app.ts'
import { clusterSpec } from '../builders/kubernetes.ts'
import type { Finding } from './finding.ts'
import { followsFrom } from './follows.ts'

const { app } = clusterSpec('services: { web: { image: web:1 } }')

const finding = (rule: string, message = ''): Finding => ({
  judge: 'checkov',
  rule,
  namespace: 'shop',
  kind: 'Deployment',
  name: 'web',
  message,
})

describe('a finding', () => {
  it('follows from what the file leaves unsaid', () => {
    const open = service('web', { limits: { cpuMillis: null, memoryBytes: null, pids: null } })
    expect(followsFrom(finding('CKV_K8S_13'), open, app)).toBe('the file limits no memory')
    expect(followsFrom(finding('container-resources', 'web: Memory limit is not set'), open, app)).not.toBeNull()
  })

  it('follows from nothing where the file does say it', () => {
    const limited = service('web', { limits: { cpuMillis: 500, memoryBytes: 1, pids: null } })
    expect(followsFrom(finding('CKV_K8S_13'), limited, app)).toBeNull()
    expect(followsFrom(finding('container-resources', 'web: Memory limit is not set'), limited, app)).toBeNull()
  })

  it('follows from nothing where nobody listed it', () => {
    expect(followsFrom(finding('CKV_K8S_38'), service('web'), app)).toBeNull()
    expect(followsFrom(finding('statusInvalid', 'additionalProperties'), service('web'), app)).toBeNull()
  })
})
