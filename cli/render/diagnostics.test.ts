import { expect, test } from 'vitest'
import type { Diagnostic } from '../../core/model/diagnostic.ts'
import { renderDiagnostics } from './diagnostics.ts'
import { createStyle } from './style.ts'

const files: Readonly<Record<string, string>> = {
  '/p/compose.yaml':
    'services:\n  web:\n    environment:\n      DB_PASSWORD: hunter2-hunter2\n      - API_TOKEN=tok-tok-tok\n      - DB_URL=redis://u:url-secret@db\n    deploy: { replcias: 3 }\n',
  '/p/app.env': 'DB_PASSWORD=hunter2-hunter2\n',
}

const render = (...findings: readonly Diagnostic[]): string =>
  renderDiagnostics(findings, {
    style: createStyle({ isTTY: false, columns: 80 }, { LANG: 'C.UTF-8' }, true),
    cwd: '/p',
    read: (path) => files[path],
  })

const at = (line: number, column: number, more: Partial<Diagnostic> = {}, file = '/p/compose.yaml'): Diagnostic => ({
  code: 'SP1003',
  severity: 'error',
  message: 'no',
  span: { file, line, column },
  ...more,
})

test('findings stand in the order of the file, with the line, a mark below the word, and one next step', () => {
  expect(
    render(
      at(7, 15, { message: 'unknown key "replcias"', hint: 'did you mean "replicas"?' }),
      at(2, 3, { severity: 'warning', code: 'SP1010' }),
    ),
  ).toMatchInlineSnapshot(`
    "warning[SP1010] no
      compose.yaml:2:3 │   web:
                       │   ^^^
    error[SP1003] unknown key "replcias"
      compose.yaml:7:15 │     deploy: { replcias: 3 }
                        │               ^^^^^^^^
      help: did you mean "replicas"?
    "
  `)
})

test('a line that may hold a secret is shown without its value', () => {
  const text = render(at(4, 7), at(5, 9), at(6, 9), at(1, 1, {}, '/p/app.env'))
  expect(text).not.toMatch(/hunter2|tok-tok|url-secret/)
  expect(text).toContain('DB_PASSWORD: ***')
  expect(text).toContain('app.env:1:1')
})

test('a finding without a place names its target when the message does not', () => {
  expect(render({ code: 'SP3001', severity: 'error', message: 'no answer', target: 'rack' })).toBe(
    'error[SP3001] rack: no answer\n',
  )
  expect(render({ code: 'SP3001', severity: 'error', message: 'rack: no answer', target: 'rack' })).toBe(
    'error[SP3001] rack: no answer\n',
  )
})

test('a file that is gone, or a line that it does not have, is a place without a snippet', () => {
  expect(render(at(1, 1, {}, '/p/gone.yaml'), at(99, 1))).toBe(
    'error[SP1003] no\n  compose.yaml:99:1\nerror[SP1003] no\n  gone.yaml:1:1\n',
  )
})
