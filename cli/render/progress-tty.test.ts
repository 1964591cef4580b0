import { expect, test } from 'vitest'
import type { Event } from '../../core/model/event.ts'
import { applyEvent, type Progress, startProgress } from './progress-model.ts'
import { createLiveTable, frame } from './progress-tty.ts'
import { createStyle } from './style.ts'

const style = createStyle({ isTTY: true, columns: 60 }, { LANG: 'C.UTF-8', NO_COLOR: '1' }, true)

const told = (events: readonly Partial<Event>[]): Progress =>
  events.reduce<Progress>(
    (progress, event, index) =>
      applyEvent(
        progress,
        { type: 'replica', seq: index, time: '', app: 'shop', code: '', message: '', ...event },
        1_000 * (index + 1),
      ),
    startProgress(0),
  )

const health = (service: string, ready: number, desired: number): Partial<Event> => ({
  type: 'health',
  target: 'local',
  service,
  data: { service, desired, ready, release: 1, endpoints: [] },
})
const replica = (service: string, phase: string, message: string): Partial<Event> => ({
  target: 'local',
  service,
  message,
  data: { id: 'a', service, slot: 1, phase },
})

test('a row is settled when all its replicas are ready, waiting before, failed when one fails', () => {
  const progress = told([
    health('web', 2, 2),
    replica('api', 'starting', 'api.1 starting'),
    replica('db', 'failed', 'db.1 failed: exited 1'),
  ])
  expect(frame(progress, 5_000, style)).toEqual([
    ' … local  api  0/?    5.0s  api.1 starting',
    ' ✖ local  db   0/?    5.0s  db.1 failed: exited 1',
    ' ✔ local  web  2/2    1.0s  ready',
  ])
})

test('a redraw erases exactly the lines of the drawing before', () => {
  const said: string[] = []
  const table = createLiveTable({ write: (text) => void said.push(text), columns: 60, rows: 24 }, style)
  table.draw(told([health('web', 1, 2), health('db', 1, 1)]), 3_000)
  table.draw(told([health('web', 2, 2)]), 4_000)
  table.clear()
  table.clear()
  expect(said.map((text) => text.split('\n').length - 1)).toEqual([2, 1, 0])
  expect(said.map((text) => /^\u001b\[(\d)A\u001b\[0J/.exec(text)?.[1])).toEqual([undefined, '2', '1'])
})

test('no line is wider than the window, so that lines and rows stay the same', () => {
  const said: string[] = []
  const table = createLiveTable({ write: (text) => void said.push(text), columns: 30, rows: 24 }, style)
  table.draw(told([replica('web', 'starting', 'x'.repeat(200))]), 3_000)
  expect(said[0]?.trimEnd().length).toBeLessThanOrEqual(29)
})

test('only the last ten log lines of a replica are kept', () => {
  const progress = told(
    Array.from({ length: 15 }, (_, line) => ({
      type: 'log' as const,
      target: 'local',
      service: 'web',
      message: `line ${line}`,
    })),
  )
  expect(progress.logs).toEqual([
    { about: 'web on local', lines: Array.from({ length: 10 }, (_, line) => `line ${line + 5}`) },
  ])
})

test('a screen that is too low shows what still waits, and counts the rest', () => {
  const said: string[] = []
  const table = createLiveTable({ write: (text) => void said.push(text), columns: 60, rows: 4 }, style)
  table.draw(
    told([health('a', 1, 1), health('b', 1, 1), health('c', 0, 1), health('d', 0, 1), health('e', 0, 1)]),
    9_000,
  )
  const lines = said[0]?.trimEnd().split('\n') ?? []
  expect(lines.map((line) => line.trim().split(/\s+/)[2])).toEqual(['c', 'd', 'more,'])
  expect(lines.at(-1)).toBe(' and 3 more, 2 of them ready')
})
