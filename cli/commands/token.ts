// token: what kubectl asks an exec plugin for, so that neither the aws command nor kubelogin is needed.
import { StormportError } from '../../core/errors.ts'
import type { Flags, Run } from '../call.ts'

export const run: Run = async ({ context, flags }) => {
  const { execCredential } = await import('../../providers/eks/index.ts')
  const { env } = context.world
  const credential = await execCredential({
    cluster: required(flags, 'cluster'),
    region: flags.text('region') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? required(flags, 'region'),
    profile: flags.text('awsProfile'),
    execInfo: env['KUBERNETES_EXEC_INFO'] ?? null,
    nowMs: context.world.now(),
  })
  context.document(credential)
  return 0
}

const required = (flags: Flags, name: string): string => {
  const text = flags.text(name)
  if (text !== null) return text
  throw new StormportError('BadInput', `--${name} is missing`, {
    diagnostic: 'SP1503',
    source: 'user',
    hint: 'write stormport token --cluster NAME --region REGION',
  })
}
