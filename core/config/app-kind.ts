// Which services are one-shot (DESIGN section 3, One-shot): by x-stormport, by deploy.mode, by a dependent that waits for
// the end, or by a written `restart: "no"` on a service that nobody could call.
import type { ServiceExtension, ServiceKind } from '../model/app.ts'
import type { ComposeProject, ComposeService } from '../model/compose.ts'

export const kindsOf = (
  project: ComposeProject,
  extensions: ReadonlyMap<string, ServiceExtension>,
): ReadonlyMap<string, ServiceKind> => {
  const awaited = awaitedServices(project)
  return new Map(
    Object.entries(project.services).map(([name, compose]) => {
      const extension = extensions.get(name)
      if (extension !== undefined && extension.schedule !== null) return [name, 'cron']
      const oneShot =
        (extension !== undefined && extension.job !== null) ||
        isJobMode(compose) ||
        awaited.has(name) ||
        isUncallableOnce(compose)
      return [name, oneShot ? 'job' : 'service']
    }),
  )
}

const awaitedServices = (project: ComposeProject): ReadonlySet<string> =>
  new Set(
    Object.values(project.services).flatMap((compose) =>
      Object.entries(compose.depends_on ?? {}).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  )

const isJobMode = (compose: ComposeService): boolean => compose.deploy?.mode?.endsWith('-job') === true

const isUncallableOnce = (compose: ComposeService): boolean =>
  compose.restart === 'no' && (compose.ports ?? []).length === 0 && compose.healthcheck === undefined
