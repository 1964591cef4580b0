// Allocation → what a driver runs: secret references become values, config and secret objects become files. The answer
// holds secrets in the clear: it goes to the driver and nowhere else.
import { StormportError } from '../../../core/errors.ts'
import { Secret, type Text } from '../../../core/model/secret.ts'
import type { AllocSpec } from './driver.ts'
import type { Ledger } from './ledger.ts'
import type { Alloc } from './model.ts'
import type { SecretFiles } from './secrets.ts'

export const materialize = (alloc: Alloc, ledger: Ledger, secrets: SecretFiles): AllocSpec => {
  const { container, stop } = alloc.spec.body
  const reveal = (text: Text): string => (text instanceof Secret ? secrets.read(alloc, text) : text)
  const contentOf = (object: string): string => {
    const body = ledger.object({ target: alloc.target, app: alloc.app, id: object })?.body
    if (body === undefined || (body.kind !== 'config' && body.kind !== 'secret'))
      throw new StormportError('NotFound', `${object} is not there`, {
        diagnostic: 'SP4022',
        source: 'target',
        target: alloc.target,
        service: alloc.service,
        hint: 'deploy again',
      })
    return reveal(body.content)
  }
  return {
    id: alloc.id,
    app: alloc.app,
    target: alloc.target,
    service: alloc.service,
    slot: alloc.slot,
    release: alloc.spec.release,
    name: alloc.name,
    container: {
      ...container,
      command: container.command?.map(reveal) ?? null,
      entrypoint: container.entrypoint?.map(reveal) ?? null,
      environment: Object.fromEntries(
        Object.entries(container.environment).map(([key, value]) => [key, reveal(value)]),
      ),
      files: container.files.map(({ object, ...file }) => ({ ...file, content: contentOf(object) })),
    },
    ports: alloc.ports,
    gpuIds: alloc.gpuIds,
    stop,
  }
}

/** Test of a health check in the clear, for the driver's exec. */
export const revealedTest = (alloc: Alloc, secrets: SecretFiles, test: readonly Text[]): readonly string[] =>
  test.map((text) => (text instanceof Secret ? secrets.read(alloc, text) : text))
