// The daemon's memory: one SQLite file (0600, WAL). A row is written before the effect that it speaks of; several rows
// that belong together are written in one transaction, so that a kill at any moment leaves a state that makes sense.
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StormportError } from '../../../core/errors.ts'
import type { Head, HistoryEntry } from '../../../core/model/release.ts'
import { reviveSecrets } from '../../../core/model/release-json.ts'
import type { LeaseHolder } from '../../../core/ports.ts'
import type { TargetRef } from '../protocol.ts'
import type { LocalEvent } from './event-log.ts'
import { eventTable } from './event-table.ts'
import type { Alloc, Work } from './model.ts'
import type { StoredObject } from './objects.ts'

const SCHEMA = 1
const HISTORY_KEPT = 1_000

const TABLES = `
create table if not exists meta (key text primary key, value text not null);
create table if not exists targets (name text primary key, data text not null);
create table if not exists objects (target text, app text, id text, data text not null, primary key (target, app, id));
create table if not exists works (target text, app text, service text, data text not null, primary key (target, app, service));
create table if not exists allocs (id text primary key, data text not null);
create table if not exists ports (key text primary key, port integer not null);
create table if not exists heads (target text, app text, version integer not null, data text not null, primary key (target, app));
create table if not exists releases (target text, app text, number integer, data text not null, primary key (target, app, number));
create table if not exists history (seq integer primary key autoincrement, target text, app text, data text not null);
create table if not exists events (seq integer primary key autoincrement, target text, app text, data text not null);
create index if not exists events_of_app on events (target, app, seq);
create table if not exists leases (target text, name text, token text not null, expires integer not null, data text not null, primary key (target, name));
`

export interface StoredLease {
  readonly token: string
  readonly expiresAt: number
  readonly holder: LeaseHolder
}

export interface StoredTarget {
  readonly ref: TargetRef
  /** Chosen once and kept while an app lives there: an engine that is down is not a reason to change the driver. */
  readonly driver: 'docker' | 'process'
}

export interface AppKey {
  readonly target: string
  readonly app: string
}

export interface Store {
  /** All or nothing. */
  atomically(change: () => void): void
  targets(): readonly StoredTarget[]
  putTarget(target: StoredTarget): void
  removeTarget(name: string): void
  objects(): readonly StoredObject[]
  putObject(object: StoredObject): void
  removeObject(key: AppKey & { readonly id: string }): void
  works(): readonly Work[]
  putWork(work: Work): void
  removeWork(work: Pick<Work, 'target' | 'app' | 'service'>): void
  allocs(): readonly Alloc[]
  putAlloc(alloc: Alloc): void
  removeAlloc(id: string): void
  /** Ports that the proxy or a lease picked, by table key. */
  ports(): ReadonlyMap<string, number>
  putPort(key: string, port: number): void
  removePort(key: string): void
  head(key: AppKey): Head | null
  heads(): readonly (AppKey & { readonly head: Head })[]
  /** 'Conflict' when the stored version is not the expected one; 0 = none is stored. */
  setHead(key: AppKey, head: Head, expectedVersion: number): void
  release(key: AppKey & { readonly number: number }): unknown
  putRelease(key: AppKey & { readonly number: number }, release: unknown): void
  removeRelease(key: AppKey & { readonly number: number }): void
  releases(key: AppKey): readonly number[]
  removeRecords(key: AppKey): void
  history(key: AppKey): readonly HistoryEntry[]
  appendHistory(key: AppKey, entry: HistoryEntry): void
  /** Written after `seq`, oldest first. */
  events(key: AppKey, seq: number): readonly { readonly seq: number; readonly event: LocalEvent }[]
  appendEvent(key: AppKey, event: LocalEvent): void
  lease(key: { readonly target: string; readonly name: string }): StoredLease | null
  putLease(key: { readonly target: string; readonly name: string }, lease: StoredLease): void
  removeLease(key: { readonly target: string; readonly name: string }): void
  /** Nothing of any app is stored. */
  isEmpty(): boolean
  close(): void
}

export const openStore = (path: string): Store => {
  if (path !== ':memory:' && !existsSync(path)) writeFileSync(path, '', { mode: 0o600 })
  const db = new DatabaseSync(path)
  if (path !== ':memory:') chmodSync(path, 0o600)
  db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 2000;')
  db.exec(TABLES)
  checkSchema(db)
  return storeOn(db)
}

const checkSchema = (db: DatabaseSync): void => {
  const row = db.prepare('select value from meta where key = ?').get('schema')
  if (row === undefined) db.prepare('insert into meta values (?, ?)').run('schema', String(SCHEMA))
  else if (Number(row['value']) > SCHEMA)
    throw new StormportError('BadInput', 'the state folder was written by a newer stormport', {
      diagnostic: 'SP4003',
      source: 'user',
      hint: 'use the newer stormport',
    })
}

type Value = string | number | null
type Row = Readonly<Record<string, unknown>>

/** Prepared statements by their text. */
export interface Sql {
  /** Resolves to the number of changed rows. */
  run(text: string, ...values: Value[]): number
  rows(text: string, ...values: Value[]): readonly Row[]
  one(text: string, ...values: Value[]): Row | undefined
}

const prepare = (db: DatabaseSync): Sql => {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const statement = (text: string) => {
    const found = prepared.get(text) ?? db.prepare(text)
    prepared.set(text, found)
    return found
  }
  return {
    run: (text, ...values) => Number(statement(text).run(...values).changes),
    rows: (text, ...values) => statement(text).all(...values),
    one: (text, ...values) => statement(text).get(...values),
  }
}

const storeOn = (db: DatabaseSync): Store => {
  const sql = prepare(db)
  return {
    atomically: transactions(db),
    ...targetTables(sql),
    ...workTables(sql),
    ...recordTables(sql),
    ...eventTable(sql),
    ...leaseTable(sql),
    isEmpty: () =>
      ['objects', 'works', 'allocs', 'heads'].every((table) => sql.one(`select 1 from ${table} limit 1`) === undefined),
    close: () => db.close(),
  }
}

const transactions = (db: DatabaseSync): Store['atomically'] => {
  let isOpen = false
  return (change) => {
    if (isOpen) return change()
    isOpen = true
    db.exec('begin immediate')
    try {
      change()
      db.exec('commit')
    } catch (error) {
      db.exec('rollback')
      throw error
    } finally {
      isOpen = false
    }
  }
}

type TargetTables = Pick<Store, 'targets' | 'putTarget' | 'removeTarget' | 'ports' | 'putPort' | 'removePort'>

const targetTables = ({ run, rows }: Sql): TargetTables => ({
  targets: () => rows('select data from targets order by name').map((r) => parse<StoredTarget>(r['data'])),
  putTarget: (target) =>
    void run('insert or replace into targets values (?, ?)', target.ref.name, JSON.stringify(target)),
  removeTarget: (name) => void run('delete from targets where name = ?', name),
  ports: () => new Map(rows('select key, port from ports').map((r) => [String(r['key']), Number(r['port'])])),
  putPort: (key, port) => void run('insert or replace into ports values (?, ?)', key, port),
  removePort: (key) => void run('delete from ports where key = ?', key),
})

type WorkTables = Pick<
  Store,
  'objects' | 'putObject' | 'removeObject' | 'works' | 'putWork' | 'removeWork' | 'allocs' | 'putAlloc' | 'removeAlloc'
>

const workTables = ({ run, rows }: Sql): WorkTables => ({
  objects: () => rows('select data from objects').map((r) => parse<StoredObject>(r['data'])),
  putObject: (o) =>
    void run('insert or replace into objects values (?, ?, ?, ?)', o.target, o.app, o.id, JSON.stringify(o)),
  removeObject: (key) =>
    void run('delete from objects where target = ? and app = ? and id = ?', key.target, key.app, key.id),
  works: () => rows('select data from works').map((r) => parse<Work>(r['data'])),
  putWork: (w) =>
    void run('insert or replace into works values (?, ?, ?, ?)', w.target, w.app, w.service, JSON.stringify(w)),
  removeWork: (w) =>
    void run('delete from works where target = ? and app = ? and service = ?', w.target, w.app, w.service),
  allocs: () => rows('select data from allocs').map((r) => parse<Alloc>(r['data'])),
  putAlloc: (a) => void run('insert or replace into allocs values (?, ?)', a.id, JSON.stringify(a)),
  removeAlloc: (id) => void run('delete from allocs where id = ?', id),
})

type RecordTables = Pick<
  Store,
  | 'head'
  | 'heads'
  | 'setHead'
  | 'release'
  | 'putRelease'
  | 'removeRelease'
  | 'releases'
  | 'removeRecords'
  | 'history'
  | 'appendHistory'
>

const recordTables = (sql: Sql): RecordTables => {
  const { run, rows, one } = sql
  return {
    head: ({ target, app }) => {
      const row = one('select data from heads where target = ? and app = ?', target, app)
      return row === undefined ? null : parse<Head>(row['data'])
    },
    heads: () =>
      rows('select target, app, data from heads order by target, app').map((r) => ({
        target: String(r['target']),
        app: String(r['app']),
        head: parse<Head>(r['data']),
      })),
    setHead: (key, head, expected) => compareAndSet(sql, key, { head, expected }),
    release: ({ target, app, number }) => {
      const row = one('select data from releases where target = ? and app = ? and number = ?', target, app, number)
      return row === undefined ? null : JSON.parse(String(row['data']))
    },
    putRelease: ({ target, app, number }, release) =>
      void run('insert or replace into releases values (?, ?, ?, ?)', target, app, number, JSON.stringify(release)),
    removeRelease: ({ target, app, number }) =>
      void run('delete from releases where target = ? and app = ? and number = ?', target, app, number),
    releases: ({ target, app }) =>
      rows('select number from releases where target = ? and app = ? order by number', target, app).map((r) =>
        Number(r['number']),
      ),
    removeRecords: ({ target, app }) => {
      for (const table of ['heads', 'releases', 'history', 'events'])
        run(`delete from ${table} where target = ? and app = ?`, target, app)
    },
    history: ({ target, app }) =>
      rows('select data from history where target = ? and app = ? order by seq', target, app).map((r) =>
        parse<HistoryEntry>(r['data']),
      ),
    appendHistory: ({ target, app }, entry) => {
      run('insert into history (target, app, data) values (?, ?, ?)', target, app, JSON.stringify(entry))
      const kept = 'select seq from history where target = ? and app = ? order by seq desc limit ?'
      run(
        `delete from history where target = ? and app = ? and seq not in (${kept})`,
        target,
        app,
        target,
        app,
        HISTORY_KEPT,
      )
    },
  }
}

const compareAndSet = (
  { run }: Sql,
  { target, app }: AppKey,
  { head, expected }: { readonly head: Head; readonly expected: number },
): void => {
  const data = JSON.stringify(head)
  const changed =
    expected === 0
      ? run('insert or ignore into heads values (?, ?, ?, ?)', target, app, head.version, data)
      : run(
          'update heads set version = ?, data = ? where target = ? and app = ? and version = ?',
          head.version,
          data,
          target,
          app,
          expected,
        )
  if (changed > 0) return
  throw new StormportError('Conflict', `the head of ${app} on ${target} was changed by another command`, {
    diagnostic: 'SP4020',
    source: 'target',
    target,
    hint: 'run again',
  })
}

const leaseTable = ({ run, one }: Sql): Pick<Store, 'lease' | 'putLease' | 'removeLease'> => ({
  lease: ({ target, name }) => {
    const row = one('select token, expires, data from leases where target = ? and name = ?', target, name)
    if (row === undefined) return null
    return { token: String(row['token']), expiresAt: Number(row['expires']), holder: parse<LeaseHolder>(row['data']) }
  },
  putLease: ({ target, name }, lease) =>
    void run(
      'insert or replace into leases values (?, ?, ?, ?, ?)',
      target,
      name,
      lease.token,
      lease.expiresAt,
      JSON.stringify(lease.holder),
    ),
  removeLease: ({ target, name }) => void run('delete from leases where target = ? and name = ?', target, name),
})

/** The daemon is the only writer of this file, under an exclusive lock: what is read is what it wrote. */
const parse = <T>(data: unknown): T => reviveSecrets(JSON.parse(String(data))) as T
