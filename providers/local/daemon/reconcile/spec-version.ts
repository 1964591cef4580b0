// Which part of a wanted object makes a replica: a change of anything else (count, update rules) replaces none.
import { contentHash } from '../../../../core/model/canonical.ts'
import type { NativeObject } from '../../../../core/model/native-object.ts'
import type { WorkBody } from '../../spec.ts'
import type { SpecVersion } from '../model.ts'

export const specVersion = (object: Pick<NativeObject, 'hash'>, body: WorkBody, release: number): SpecVersion => ({
  hash: object.hash,
  replicaHash: replicaHash(body),
  release,
  body,
})

const replicaHash = (body: WorkBody): string => {
  const { compose, ...container } = body.container
  return contentHash({
    kind: body.kind,
    driver: body.driver,
    container: { ...container, compose: runtimePart(compose) },
    placement: body.placement,
    ports: body.ports,
    expose: body.expose,
    healthcheck: body.healthcheck,
    stop: body.stop,
    job: body.job,
    containerName: body.containerName,
    restarts: body.restarts,
    codeHash: body.codeHash,
  })
}

/** Without what the daemon acts on by itself: a new count or another restart policy reaches running replicas as it is. */
const runtimePart = (compose: WorkBody['container']['compose']): Readonly<Record<string, unknown>> => {
  const { deploy, scale: _scale, restart: _restart, depends_on: _dependsOn, profiles: _profiles, ...rest } = compose
  const ours = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('x-')))
  return { ...ours, resources: deploy?.resources, labels: deploy?.labels }
}
