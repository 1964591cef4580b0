// Annotations of pods: Compose's labels and annotations, and the marks whose change is meant to replace the pods.
import { contentHash } from '../../../core/model/canonical.ts'
import type { ServiceSpec } from '../../../core/model/native-object.ts'
import type { RenderContext } from './context.ts'
import { sorted } from './object.ts'

export const RESTARTS = 'stormport.dev/restarts'

/** 'name' or 'prefix/name', as annotations must be called. */
export const isQualifiedName = (key: string): boolean =>
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(key)

/** Labels of the file as far as annotations can be called so: label values of Compose are seldom legal ones here. */
export const writtenAnnotations = (labels: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    sorted(
      Object.entries(labels).filter(([key]) => isQualifiedName(key)),
      ([key]) => key,
    ).map(([key, value]) => [key, String(value)] as const),
  )

export const annotationsOf = (s: ServiceSpec, context: RenderContext): Readonly<Record<string, string>> => {
  const { compose } = s.service
  return {
    ...writtenAnnotations({ ...compose.labels, ...compose.annotations }),
    ...(s.restarts > 0 ? { [RESTARTS]: String(s.restarts) } : {}),
    ...restartMarks(s, context),
  }
}

/** `depends_on: { restart: true }`: a change of the dependency is a change of the dependent. */
const restartMarks = (s: ServiceSpec, context: RenderContext): Readonly<Record<string, string>> =>
  Object.fromEntries(
    s.service.dependsOn
      .filter((dependency) => dependency.restart)
      .flatMap((dependency) => context.byName.get(dependency.service) ?? [])
      .map((other) => [`restart-with.stormport.dev/${other.service.name}`, restartMark(other)]),
  )

const restartMark = (s: ServiceSpec): string =>
  contentHash([s.service.environment, s.service.command, s.service.entrypoint, s.image, s.restarts])
