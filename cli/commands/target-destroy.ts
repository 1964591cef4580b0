// target destroy: takes down what we made under targets; refused while an application has a release there.
import { targetRun } from '../target-infra.ts'

export const run = targetRun('target destroy', (engine) => engine.destroyTargets)
