// The daemon's entry: one file in the built package, run from its own copy. Its words are those of providers/local/control.ts.
import { runDaemonFromArgv } from '../providers/local/daemon/argv.ts'
import { packageVersion } from './version.ts'

process.exit(await runDaemonFromArgv(process.argv.slice(2), packageVersion()))
