// What a plane could leave on this machine, looked up without the harness's own knowledge of what it started.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

export const tracesOf = (folder: string): readonly string[] => {
  const label = `spplane${basename(folder).split('-').at(-1)}`
  const links = execFileSync('ip', ['-oneline', 'link']).toString()
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...(existsSync(`/run/netns/${label}`) ? [`namespace ${label}`] : []),
    ...(new RegExp(` ${label}[@:]`).test(links) ? [`link ${label}`] : []),
    ...below('/sys/fs/cgroup').filter((path) => existsSync(`${path}/${label}`)),
    ...linesOf('/proc/self/mounts').filter((line) => line.includes(`${folder}/`)),
    ...below('/proc').filter((path) => commandLine(path).includes(`${folder}/`)),
    ...names('/var/lib/cni/results').filter((name) => name.startsWith(`${label}-`)),
    ...below('/var/log/containers').filter((path) => readlinkSync(path).startsWith(`${folder}/`)),
  ]
}

const commandLine = (path: string): string => {
  try {
    return path === `/proc/${process.pid}` ? '' : readFileSync(`${path}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

const names = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])
const below = (folder: string): readonly string[] => names(folder).map((name) => `${folder}/${name}`)
const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n')
