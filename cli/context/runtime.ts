// What the daemon runs from: the built package's files, which it copies, or this repository's sources as they lie.
import { fileURLToPath } from 'node:url'
import type { DaemonRuntime } from '../../providers/local/runtime.ts'
import { isBuilt } from '../version.ts'

export const daemonRuntime = (): DaemonRuntime => {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
  return isBuilt()
    ? { node: process.execPath, daemon: here('./daemon.mjs'), proxy: here('./proxy.mjs'), copy: true }
    : {
        node: process.execPath,
        daemon: here('../daemon-main.ts'),
        proxy: here('../../providers/local/proxy/proxy-main.ts'),
        copy: false,
      }
}
