import { describe, expect, it } from 'vitest'
import { exitOf, StormportError } from '../../core/errors.ts'
import { AWS_ERRORS, awsError } from './errors.ts'

const thrown = (name: string, message = 'its own words'): Error => Object.assign(new Error(message), { name })

describe('errors of AWS', () => {
  it.each(Object.entries(AWS_ERRORS))('%s has its class, its words, one next step and an exit code', (name, rule) => {
    const error = awsError(thrown(name), 'create cluster shop', 'aws')
    expect(error).toBeInstanceOf(StormportError)
    expect(error.code).toBe(rule.code)
    expect(error.message).toBe(`create cluster shop: ${rule.words} (its own words)`)
    expect(error.details).toMatchObject({ target: 'aws', hint: rule.hint })
    expect(rule.hint.length).toBeGreaterThan(5)
    expect(exitOf(error.code)).toBeGreaterThan(2)
  })

  it('keeps the own words of a code that is not known', () => {
    expect(awsError(thrown('NewException'), 'create role r', 'aws')).toMatchObject({
      code: 'Internal',
      message: 'create role r: NewException: its own words',
    })
  })

  it('tells a lost connection from a refusal, and may be tried again', () => {
    const lost = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', name: 'Error' })
    expect(awsError(lost, 'list', 'aws')).toMatchObject({ code: 'Unreachable', details: { retry: 'later' } })
  })

  it('lets ours pass as they are', () => {
    const ours = new StormportError('Foreign', 'theirs')
    expect(awsError(ours, 'list', 'aws')).toBe(ours)
  })
})
