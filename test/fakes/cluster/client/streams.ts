// Watch, logs and exec of the fake cluster, from lines of JSON to what the engine reads.
import { StormportError } from '../../../../core/errors.ts'
import type { Target } from '../../../../core/model/fleet.ts'
import type { LogLine, Replica, StateDelta } from '../../../../core/model/replica.ts'
import type { ExecIo, LogQuery } from '../../../../core/ports.ts'
import type { PodLog } from '../server/controllers.ts'
import type { Change, StoredObject } from '../server/store.ts'
import { apiOf } from './http.ts'
import { KINDS, observedObject, replicaOf, statusOf } from './observe.ts'
import { namespaceOf } from './render.ts'

type WatchLine = Change | { readonly type: 'synced' }

export async function* watch(target: Target, app: string, signal: AbortSignal): AsyncIterable<StateDelta> {
  const pods = new Map<string, StoredObject>()
  const deployments = new Map<string, StoredObject>()
  for await (const line of apiOf(target).lines<WatchLine>(
    { method: 'GET', path: `/watch/${namespaceOf(target, app)}` },
    signal,
  )) {
    if (line.type === 'synced') {
      yield { kind: 'synced' }
      continue
    }
    const { object, type } = line
    if (object.kind === 'Pod') {
      if (type === 'put') pods.set(object.uid, object)
      else pods.delete(object.uid)
      yield type === 'put'
        ? { kind: 'replica', replica: replicaOf(object, target) }
        : { kind: 'replicaGone', id: object.name, service: object.labels['service'] ?? '' }
    } else if (KINDS.some((k) => k === object.kind)) {
      if (object.kind === 'Deployment') deployments.set(object.uid, object)
      if (type === 'delete') deployments.delete(object.uid)
      yield type === 'put'
        ? { kind: 'object', object: observedObject(object, app) }
        : { kind: 'objectGone', id: `${object.kind}/${object.namespace}/${object.name}` }
    }
    const owner = deployments.get(object.kind === 'Pod' ? (object.labels['owner'] ?? '') : object.uid)
    if (owner !== undefined) yield { kind: 'service', status: statusOf(owner, [...pods.values()]) }
  }
}

export async function* logs(target: Target, query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine> {
  const path = `/logs/${namespaceOf(target, query.app)}?follow=${query.follow}`
  const lines = apiOf(target).lines<PodLog>({ method: 'GET', path }, signal)
  if (query.follow) {
    for await (const line of lines) if (wanted(line, query)) yield lineOf(line, target)
    return
  }
  const all: PodLog[] = []
  for await (const line of lines) if (wanted(line, query)) all.push(line)
  for (const line of query.tail === null ? all : query.tail === 0 ? [] : all.slice(-query.tail))
    yield lineOf(line, target)
}

/** Pods are named SERVICE-TEMPLATE-RANDOM. */
const serviceOf = (pod: string): string => pod.split('-').slice(0, -2).join('-')

const wanted = (line: PodLog, query: LogQuery): boolean =>
  (query.services.length === 0 || query.services.includes(serviceOf(line.pod))) &&
  (query.replicas.length === 0 || query.replicas.includes(line.pod)) &&
  (query.sinceMs === null || Date.parse(line.at) >= query.sinceMs)

const lineOf = (line: PodLog, target: Target): LogLine => ({
  at: line.at,
  target: target.name,
  service: serviceOf(line.pod),
  replica: line.pod,
  slot: null,
  stream: 'stdout',
  text: line.text,
})

interface Exec {
  readonly app: string
  readonly replica: Replica
  readonly argv: readonly string[]
  readonly io: ExecIo
}

export const exec = async (target: Target, { app, replica, argv, io }: Exec, signal: AbortSignal): Promise<number> => {
  const path = `/exec/${namespaceOf(target, app)}/${encodeURIComponent(replica.native.name)}`
  for await (const line of apiOf(target).lines<{ stdout?: string; exit?: number }>(
    { method: 'POST', path, body: { argv } },
    signal,
  )) {
    if (line.stdout !== undefined) io.stdout.write(line.stdout)
    if (line.exit !== undefined) return line.exit
  }
  throw new StormportError('Unreachable', `${target.name} ended the command without an exit code`, {
    target: target.name,
    retry: 'no',
  })
}
