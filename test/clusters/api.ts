// The harness's own small client: one kept connection pool with the administrator's certificate. No product code, so that
// what the product does is judged from outside.
import { readFile } from 'node:fs/promises'
import { Agent, request as httpsRequest } from 'node:https'
import { type Certificate, readPem } from './certificates.ts'
import type { PlaneApi } from './types.ts'

export interface PlaneApiError extends Error {
  readonly status: number
}

const ANSWER_MS = 30_000

export const createApi = async (server: string, caPath: string, client: Certificate): Promise<PlaneApi> => {
  const ca = await readFile(caPath, 'utf8')
  const agent = new Agent({ ca, ...(await readPem(client)), keepAlive: true, maxSockets: 16 })
  return {
    request: async <T>(method: string, path: string, body?: unknown): Promise<T> => {
      const { status, text } = await send({ agent, url: `${server}${path}`, method, body })
      if (status >= 300) throw apiError(status, `${method} ${path}: ${status} ${text.slice(0, 500)}`)
      return parsed(text) as T
    },
    close: () => agent.destroy(),
  }
}

/** Logs and the lines of a watch are no single document: they stay text. */
const parsed = (text: string): unknown => {
  try {
    return text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text
  } catch {
    return text
  }
}

interface Sent {
  readonly agent: Agent
  readonly url: string
  readonly method: string
  readonly body: unknown
}

const send = ({ agent, url, method, body }: Sent): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = body === undefined ? {} : { 'content-type': type }
    const outgoing = httpsRequest(url, { agent, method, headers, timeout: ANSWER_MS }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    // A kept connection that the server closed at this very moment: nothing was asked yet, so it is asked again.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const stale = outgoing.reusedSocket && error.code === 'ECONNRESET'
      if (stale) send({ agent, url, method, body }).then(resolve, reject)
      else reject(error)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${url}: no answer`)))
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })

const apiError = (status: number, message: string): PlaneApiError => Object.assign(new Error(message), { status })
