// kill -9 of the command line after every single call to the API server, reads and watches too.
import { isAny } from '../kube/kills-drive.ts'
import { describeKills } from '../kube/kills-suite.ts'

describeKills({ after: 'any call', counts: isAny, giveUpEvery: 1, limitMs: 3_600_000 })
