// target create: clusters, networks and pools as stormport.yaml declares them, without an application.
import { targetRun } from '../target-infra.ts'

export const run = targetRun('target create', (engine) => engine.createTargets)
