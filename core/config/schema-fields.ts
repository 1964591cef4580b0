// The leaf types of stormport.yaml and x-stormport. Each checks its text and says what to write instead; values stay as
// written, so that the published JSON Schema and the parsed stanza have one shape.
import * as z from 'zod'
import { readDuration } from '../model/duration.ts'
import { gpuModels, knownGpuModels } from '../model/gpu.ts'
import { type Parsed, parseAtLeast, parseCpus, parseSize } from '../model/quantity.ts'
import { didYouMean } from './suggest.ts'

/** What a leaf check says when the text is wrong; travels in the zod issue. */
interface Fault {
  readonly code: string
  readonly reason: string
  readonly hint?: string | undefined
}

const checked =
  <T>(check: (value: T) => Fault | null) =>
  (value: T, context: z.RefinementCtx): void => {
    const fault = check(value)
    if (fault !== null)
      context.addIssue({ code: 'custom', message: fault.reason, params: { code: fault.code, hint: fault.hint } })
  }

const parsing =
  <T>(parse: (value: T) => Parsed<number>) =>
  (value: T): Fault | null => {
    const parsed = parse(value)
    return parsed.ok ? null : { code: 'SP1305', reason: parsed.reason, hint: parsed.hint }
  }

/** What an editor can check by itself; the words come from the check. */
const SIZE_PATTERN = '^\\d+(\\.\\d+)? ?(MiB|GiB|TiB)$'
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

export const size = z
  .string()
  .superRefine(checked(parsing(parseSize)))
  .meta({ pattern: SIZE_PATTERN, examples: ['512MiB', '16GiB'] })
export const atLeast = z
  .string()
  .superRefine(checked(parsing(parseAtLeast)))
  .meta({ examples: ['>=24GiB'] })
export const cpu = z
  .union([z.number(), z.string()])
  .superRefine(checked(parsing(parseCpus)))
  .meta({ examples: [4, '0.5'] })
export const duration = z
  .string()
  .superRefine(checked(parsing(readDuration)))
  .meta({ examples: ['30s', '10m', '1h30m'] })
export const count = z.int().min(0)
export const positive = z.int().min(1)
export const text = z.string().min(1)
export const money = z.number().min(0)
export const labels = z.record(z.string(), z.string())

/** DNS label: targets, sites, pools and nodes become parts of object names everywhere. */
export const dnsName = z
  .string()
  .superRefine(
    checked((name) =>
      NAME.test(name)
        ? null
        : {
            code: 'SP1306',
            reason: `"${name}" is not a name`,
            hint: 'write lower-case letters, digits and hyphens, at most 63, such as edge-1',
          },
    ),
  )
  .meta({ pattern: NAME.source })

export const gpuModelName = z.string().superRefine(
  checked((name) =>
    gpuModels(name).length > 0
      ? null
      : {
          code: 'SP1307',
          reason: `"${name}" is no GPU model that is known here`,
          hint: didYouMean(name, knownGpuModels()) ?? 'write a model such as l4, a10 or a100-40gb',
        },
  ),
)

/** A text of one shape; `example` completes the sentence "write … such as". */
export const shaped = (pattern: RegExp, what: string, example: string) =>
  z
    .string()
    .superRefine(
      checked((value) =>
        pattern.test(value)
          ? null
          : { code: 'SP1303', reason: `"${value}" is not ${what}`, hint: `write ${what}, such as ${example}` },
      ),
    )
    .meta({ pattern: pattern.source, examples: [example] })
