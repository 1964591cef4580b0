// How containers are found: by the labels that were given at their creation, never by name.
import type { ContainerInspect, ContainerSummary } from './api.ts'
import type { EngineClient } from './client.ts'
import { hasCode } from './errors.ts'
import { ALLOC, labelFilter, OWNER } from './labels.ts'

export interface Lookup {
  /** Container id of an allocation; null: there is none. */
  byAlloc(id: string, signal: AbortSignal): Promise<string | null>
  byLabels(labels: readonly string[], signal: AbortSignal): Promise<readonly ContainerSummary[]>
  /** null: it is gone. */
  inspect(native: string, signal: AbortSignal): Promise<ContainerInspect | null>
  /** Names of running containers of a Compose project that Docker Compose started. */
  ofCompose(project: string, signal: AbortSignal): Promise<readonly string[]>
}

export const createLookup = (client: EngineClient, owner: string): Lookup => {
  const lookup: Lookup = {
    byLabels: (labels, signal) => {
      const query = { all: true, filters: labelFilter(...labels) }
      return client.json({ method: 'GET', path: '/containers/json', query, operation: 'list containers' }, signal)
    },
    byAlloc: async (id, signal) => {
      const [found] = await lookup.byLabels([`${OWNER}=${owner}`, `${ALLOC}=${id}`], signal)
      return found?.Id ?? null
    },
    inspect: async (native, signal) => {
      try {
        const path = `/containers/${native}/json`
        return await client.json({ method: 'GET', path, operation: 'inspect a container' }, signal)
      } catch (error) {
        if (hasCode(error, 'NotFound')) return null
        throw error
      }
    },
    ofCompose: async (project, signal) => {
      const labels = [`com.docker.compose.project=${project}`, 'com.docker.compose.service']
      const found = await lookup.byLabels(labels, signal)
      return found.filter((item) => item.State === 'running').map((item) => nameOf(item.Names[0] ?? item.Id))
    },
  }
  return lookup
}

/** Engines write names with a leading slash. */
export const nameOf = (text: string): string => text.replace(/^\//, '')
