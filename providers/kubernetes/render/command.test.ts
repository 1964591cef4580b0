import { describe, expect, it } from 'vitest'
import { at, bodyOf, rendered } from '../../../test/builders/kubernetes.ts'

const containerOf = (lines: string): unknown =>
  at(
    bodyOf(rendered(`services:\n  web: { image: web:1, ${lines} }`), 'Deployment/web'),
    'spec.template.spec.containers.0',
  )

describe('the command line of a container', () => {
  it('is the command after the entry point of the file', () => {
    expect(containerOf('entrypoint: [/run], command: [a, b]')).toMatchObject({ command: ['/run'], args: ['a', 'b'] })
  })

  it("is the command after the image's entry point where the file names none", () => {
    expect(containerOf('command: [a, b]')).toMatchObject({ args: ['a', 'b'] })
    expect(containerOf('command: [a, b]')).not.toHaveProperty('command')
  })

  it("is the command alone where the file takes the image's entry point away", () => {
    expect(containerOf('entrypoint: [], command: [a, b]')).toMatchObject({ command: ['a', 'b'] })
    expect(containerOf('entrypoint: [], command: [a, b]')).not.toHaveProperty('args')
  })
})
