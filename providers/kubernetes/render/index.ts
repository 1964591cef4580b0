// App → Kubernetes objects. Pure: the same spec gives the same bytes; what nothing uses is not rendered.
import type { Target } from '../../../core/model/fleet.ts'
import type { NativeObject, TargetSpec } from '../../../core/model/native-object.ts'
import { bindSecrets } from './bind-files.ts'
import { claims } from './claims.ts'
import { type RenderContext, renderContext } from './context.ts'
import { environmentSecret } from './environment.ts'
import { exposeObjects } from './expose.ts'
import { fileObjects } from './files.ts'
import { claimTemplate } from './gpu.ts'
import { namespaceObjects, serviceAccount } from './namespace.ts'
import { networkPolicies } from './network-policies.ts'
import { byText } from './object.ts'
import { reachServices } from './reach.ts'
import { autoscaler, disruptionBudget } from './scaling.ts'
import { aliasServices, services } from './services.ts'
import { workload } from './workload.ts'

export const render = (target: Target, spec: TargetSpec): readonly NativeObject[] => {
  const context = renderContext(target, spec)
  const objects = [
    ...namespaceObjects(context),
    ...networkPolicies(context),
    ...fileObjects(context),
    ...bindSecrets(context),
    ...claims(context),
    ...spec.services.flatMap((s) => serviceObjects(context, s)),
    ...aliasServices(context),
    ...reachServices(context),
  ]
  // Two services whose names become one are refused by the verdicts; until then the first one stands.
  const unique = new Map<string, NativeObject>()
  for (const object of objects) if (!unique.has(object.id)) unique.set(object.id, object)
  return [...unique.values()].sort((a, b) => a.stage - b.stage || byText(a.id, b.id))
}

const serviceObjects = (context: RenderContext, s: TargetSpec['services'][number]): readonly NativeObject[] => [
  serviceAccount(context, s),
  ...environmentSecret(context, s),
  ...claimTemplate(context, s),
  workload(context, s),
  ...services(context, s),
  ...disruptionBudget(context, s),
  ...autoscaler(context, s),
  ...exposeObjects(context, s),
]
