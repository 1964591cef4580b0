// kill -9 of the command line after every change that a deploy, an update and a destroy make: a rerun ends in the same
// state, without a repair by hand. test/tiers/long does it after every read, too.
import { isWrite } from './kills-drive.ts'
import { describeKills } from './kills-suite.ts'

describeKills({ after: 'any change', counts: isWrite, giveUpEvery: 3, limitMs: 900_000 })
