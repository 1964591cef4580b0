// releases: what was deployed, newest last.
import type { ReleaseReport } from '../../core/engine/api.ts'
import type { Run } from '../call.ts'
import { oneLine } from '../render/plain-text.ts'
import { renderTable } from '../render/table.ts'
import { age } from '../render/time.ts'
import { noteSilent } from '../silent.ts'

export const run: Run = async ({ context }) => {
  const subject = await context.subject()
  const engine = await context.engine()
  const report = await engine.releases(subject, context.options.targets, context.signal)
  if (context.options.json) {
    context.document(report)
    return 0
  }
  const rows = report.releases.map((release) => row(release, context.world.now()))
  context.print(
    rows.length === 0
      ? `${subject.app} has no releases`
      : renderTable(['RELEASE', 'AGE', 'BY', 'SOURCE', 'HEALTHY', 'TARGETS', 'MESSAGE'], rows, context.style.out),
  )
  noteSilent(context, report)
  return 0
}

const row = (release: ReleaseReport, now: number): readonly string[] => [
  release.from === null ? String(release.number) : `${release.number} (= ${release.from})`,
  age(release.createdAt, now),
  release.by,
  source(release.source),
  release.healthy ? 'yes' : 'no',
  release.targets.join(', '),
  oneLine(release.message ?? ''),
]

const source = ({ commit, ref, dirty }: ReleaseReport['source']): string =>
  commit === null ? '-' : `${ref === null ? '' : `${oneLine(ref)}@`}${commit.slice(0, 7)}${dirty ? '+changes' : ''}`
