// One step on the fake cluster: a server-side apply under our name as field manager, or a delete of what is ours.
import { StormportError } from '../../../../core/errors.ts'
import { canonicalJson } from '../../../../core/model/canonical.ts'
import type { Target } from '../../../../core/model/fleet.ts'
import type { NativeObject } from '../../../../core/model/native-object.ts'
import type { Action } from '../../../../core/model/plan.ts'
import type { Secret } from '../../../../core/model/secret.ts'
import { mapSecrets } from '../../../../core/model/secret-walk.ts'
import type { ApplyContext } from '../../../../core/ports.ts'
import type { StoredObject } from '../server/store.ts'
import { type Api, apiOf } from './http.ts'

export const apply = async (target: Target, action: Action, context: ApplyContext): Promise<{ changed: boolean }> => {
  const api = apiOf(target)
  if (action.object === null) return remove({ api, action, context })
  if (action.kind === 'replace') await remove({ api, action, context })
  return patch({ api, action, context }, action.object)
}

interface Step {
  readonly api: Api
  readonly action: Action
  readonly context: ApplyContext
}

const pathOf = (id: string): string => {
  const [kind = '', namespace = '', name = ''] = id.split('/')
  return `/ns/${namespace}/${kind}/${encodeURIComponent(name)}`
}

const patch = ({ api, action, context }: Step, object: NativeObject): Promise<{ changed: boolean }> => {
  const service = object.service === undefined ? {} : { service: object.service }
  return api.send(
    {
      method: 'PATCH',
      path: `${pathOf(object.id)}?manager=stormport&force=${action.consent === 'override'}`,
      body: {
        labels: { 'managed-by': 'stormport', app: context.app, ...service },
        annotations: {
          hash: object.hash,
          release: String(context.release),
          'last-applied': canonicalJson(object.body),
        },
        spec: wireOf(object),
      },
    },
    context.signal,
  )
}

/** Values of secrets go into objects of kind Secret and nowhere else. */
const wireOf = (object: NativeObject): unknown =>
  object.kind === 'Secret' ? mapSecrets(object.body, revealed) : object.body

const revealed = (secret: Secret): string => {
  const value = secret.reveal()
  if (value === undefined) throw new StormportError('InvalidSpec', `the value of ${secret.name} is not known here`)
  return value
}

const remove = async ({ api, action, context }: Step): Promise<{ changed: boolean }> => {
  const live = await api.get<StoredObject>(pathOf(action.id), context.signal)
  if (live === null) return { changed: false }
  if (live.labels['managed-by'] !== 'stormport')
    throw new StormportError('Foreign', `${action.id} belongs to somebody else`, {
      target: action.target,
      hint: 'leave it, or remove it by hand',
    })
  return api.send({ method: 'DELETE', path: pathOf(action.id) }, context.signal)
}
