// Command line and hooks of a container. Compose's entrypoint is Kubernetes' command, Compose's command its args.
import type { Service } from '../../../core/model/app.ts'
import type { Text } from '../../../core/model/secret.ts'
import { defined, type Json, orNothing } from './object.ts'
import { secretKey, word } from './text.ts'

const words = (field: string, texts: readonly Text[] | null): readonly string[] | undefined =>
  texts === null ? undefined : orNothing(texts.map((text, i) => word(text, secretKey(field, i))))

export const commandOf = (service: Service): Json => {
  const args = words('command', service.command)
  const workingDir = service.compose.working_dir
  // An empty list takes the image's entry point away; a cluster can only put something else in its place.
  if (losesEntrypoint(service)) return defined({ command: args, workingDir })
  return defined({ command: words('entrypoint', service.entrypoint), args, workingDir })
}

/** `entrypoint: []`: what runs is the command alone. */
export const losesEntrypoint = ({ entrypoint }: Service): boolean => entrypoint?.length === 0

export interface Hook {
  readonly command: readonly string[]
  /** Keys that say what a lifecycle hook cannot: user, privileged, environment, working_dir. */
  readonly others: readonly string[]
}

/** post_start, pre_stop and pre_start as far as they are a plain command. */
export const hooksOf = (service: Service, field: 'post_start' | 'pre_stop' | 'pre_start'): readonly Hook[] => {
  const written = service.compose[field]
  if (!Array.isArray(written)) return []
  return written.flatMap((hook: unknown): readonly Hook[] => {
    if (typeof hook !== 'object' || hook === null || !('command' in hook)) return []
    const { command, ...others } = hook
    const argv = Array.isArray(command) ? command.map(String) : [String(command)]
    return [{ command: argv, others: Object.entries(others).flatMap(([k, v]) => (isEmpty(v) ? [] : [k])) }]
  })
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0)

/** Time for load balancers and proxies to learn that a pod goes before it stops to accept. */
export const DRAIN_SECONDS = 3

/** The sleep of the kubelet needs no program in the image; it is there since 1.30. */
export const drains = (service: Service, minor: number): boolean =>
  minor >= 30 &&
  service.kind === 'service' &&
  hooksOf(service, 'pre_stop').length === 0 &&
  [...service.ports, ...service.expose].some((p) => p.protocol === 'tcp')

export const lifecycleOf = (service: Service, minor: number): Json | undefined => {
  const [postStart] = hooksOf(service, 'post_start')
  const [preStop] = hooksOf(service, 'pre_stop')
  return orNothing(
    defined({
      postStart: postStart === undefined ? undefined : { exec: { command: postStart.command } },
      preStop:
        preStop !== undefined
          ? { exec: { command: preStop.command } }
          : drains(service, minor)
            ? { sleep: { seconds: DRAIN_SECONDS } }
            : undefined,
    }),
  )
}
