import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { completionScript } from './completion.ts'

/** What bash offers for the words typed so far. */
const offered = (...words: readonly string[]): readonly string[] => {
  const script = `${completionScript('bash')}\nCOMP_WORDS=(stormport ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _stormport; printf '%s\\n' "\${COMPREPLY[@]}"`
  const run = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  return run.stdout.trim().split('\n')
}

test('bash offers verbs, second words and the flags of the verb', () => {
  expect(offered('dep')).toEqual(['deploy'])
  expect(offered('daemon', 'st')).toEqual(['start', 'stop', 'status'])
  expect(offered('deploy', '--on')).toEqual(['--on-failure'])
  expect(offered('daemon', 'stop', '--a')).toEqual(['--all', '--allow-path', '--allow'])
  expect(offered('status', '--js')).toEqual(['--json'])
  expect(offered('pool', 'l')).toEqual(['list'])
  expect(offered('events', '--fo')).toEqual(['--follow'])
})

test('what is not there yet is not offered', () => {
  expect(completionScript('bash')).not.toMatch(/simulate|failover|--for /)
  expect(completionScript('fish')).not.toMatch(/simulate|failover/)
})
