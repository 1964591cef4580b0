import { describe, expect, test } from 'vitest'
import { parseImageReference, repositoryName, withDigest } from './image-reference.ts'

const SHA = `sha256:${'a'.repeat(64)}`

describe('an image reference', () => {
  test.each([
    ['redis', 'docker.io', 'library/redis', 'latest', null],
    ['redis:7', 'docker.io', 'library/redis', '7', null],
    ['acme/web', 'docker.io', 'acme/web', 'latest', null],
    ['docker.io/redis', 'docker.io', 'library/redis', 'latest', null],
    ['index.docker.io/acme/web:1', 'docker.io', 'acme/web', '1', null],
    ['localhost/web', 'localhost', 'web', 'latest', null],
    ['localhost:5000/web', 'localhost:5000', 'web', 'latest', null],
    ['127.0.0.1:5000/a/b/c:v1.0', '127.0.0.1:5000', 'a/b/c', 'v1.0', null],
    ['ghcr.io/acme/web:1.9.0', 'ghcr.io', 'acme/web', '1.9.0', null],
    [`ghcr.io/acme/web@${SHA}`, 'ghcr.io', 'acme/web', null, SHA],
    [`ghcr.io/acme/web:1@${SHA}`, 'ghcr.io', 'acme/web', '1', SHA],
  ])('%s is read as Docker reads it', (text, registry, repository, tag, digest) => {
    expect(parseImageReference(text)).toEqual({ registry, repository, tag, digest })
  })

  test.each(['', 'Redis', 'redis:', 'a//b', 'redis@sha256:12', 'redis:a b', '/redis', 'x@y@z', '-x'])(
    '%j is refused',
    (text) => {
      expect(parseImageReference(text)).toBeUndefined()
    },
  )

  test('pinning keeps the tag that the user wrote', () => {
    const reference = parseImageReference('redis:7')
    expect(reference && withDigest(reference, SHA)).toBe(`redis:7@${SHA}`)
    expect(reference && repositoryName(reference)).toBe('redis')
  })
})
