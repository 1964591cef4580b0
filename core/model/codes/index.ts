// Every diagnostic code, with what it means and what to do: the source of `stormport explain` and of docs.
import { aksCodes } from './aks.ts'
import { catalogCodes } from './catalog.ts'
import { cliCodes } from './cli.ts'
import { configCodes } from './config.ts'
import { dockerCodes } from './docker.ts'
import { eksCodes } from './eks.ts'
import { engineCodes } from './engine.ts'
import { fleetCodes } from './fleet.ts'
import { kubernetesCodes } from './kubernetes.ts'
import { localCodes } from './local.ts'
import { placeCodes } from './place.ts'
import { planCodes } from './plan.ts'
import { verdictCodes } from './verdict.ts'

export interface CodeText {
  readonly title: string
  /** Two or three sentences: what it means, why it is refused or said. */
  readonly meaning: string
  /** What the user does next. */
  readonly remedy: string
}

export const codes: Readonly<Record<string, CodeText>> = {
  ...cliCodes,
  ...configCodes,
  ...fleetCodes,
  ...placeCodes,
  ...catalogCodes,
  ...planCodes,
  ...engineCodes,
  ...localCodes,
  ...dockerCodes,
  ...kubernetesCodes,
  ...eksCodes,
  ...aksCodes,
  ...verdictCodes,
}
