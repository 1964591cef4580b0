import { expect, test } from 'vitest'
import { baseImages, buildkitFeatures, sessionFeatures } from './dockerfile.ts'

test('base images are those that no earlier stage and no argument names', () => {
  const text = `ARG V=1
FROM --platform=linux/amd64 ghcr.io/acme/base:1 AS build
FROM node:\${V}
FROM build AS again
FROM scratch
COPY --from=build /a /a
COPY --chown=1 --from=tools:2 /b \\
  /b
COPY --from=0 /c /c
# FROM commented`
  expect(baseImages(text)).toEqual(['ghcr.io/acme/base:1', 'tools:2'])
})

test('what needs a connection back to the client is found by name', () => {
  expect(
    sessionFeatures(
      'RUN --mount=type=secret,id=token cat\nRUN --mount=id=x,type=ssh git\nRUN --mount=type=cache,target=/c x',
    ),
  ).toEqual(['RUN --mount=type=secret', 'RUN --mount=type=ssh'])
})

test('what only BuildKit can do is found by name', () => {
  expect(buildkitFeatures('# syntax=docker/dockerfile:1\nFROM scratch\nCOPY --link a b\nRUN <<EOF\nls\nEOF')).toEqual([
    '# syntax=',
    'COPY --link',
    'here-documents',
  ])
  expect(buildkitFeatures('FROM scratch\nCOPY a b\nRUN make --link')).toEqual([])
})
