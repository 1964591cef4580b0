// Events in the store: bounded for each app, so that what crashes for days fills no disk.
import type { LocalEvent } from './event-log.ts'
import type { Sql, Store } from './store.ts'

const KEPT = 1_000
/** Trimmed once in so many writes: a few more than the bound are no harm. */
const TRIM_EVERY = 64

export const eventTable = ({ run, rows }: Sql): Pick<Store, 'events' | 'appendEvent'> => {
  let written = 0
  return {
    events: ({ target, app }, seq) =>
      rows('select seq, data from events where target = ? and app = ? and seq > ? order by seq', target, app, seq).map(
        // The one writer of this table is appendEvent.
        (row) => ({ seq: Number(row['seq']), event: JSON.parse(String(row['data'])) as LocalEvent }),
      ),
    appendEvent: ({ target, app }, event) => {
      run('insert into events (target, app, data) values (?, ?, ?)', target, app, JSON.stringify(event))
      written += 1
      if (written % TRIM_EVERY !== 0) return
      const oldest = 'select seq from events where target = ? and app = ? order by seq desc limit 1 offset ?'
      run(`delete from events where target = ? and app = ? and seq <= (${oldest})`, target, app, target, app, KEPT)
    },
  }
}
