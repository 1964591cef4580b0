// Codes about planning (SP31xx).
import type { CodeText } from './index.ts'

export const planCodes = {
  SP3101: {
    title: 'An object of another owner has the name',
    meaning:
      'Something that Stormport did not make stands on the target under the name that the application needs. It is not changed, since others may depend on it.',
    remedy: 'Rename the service or remove the object; `--allow override` takes it over.',
  },
  SP3102: {
    title: 'Most of the application would be removed',
    meaning:
      'A deploy is about to remove more than half of the objects of an application with ten objects or more. That is more often a wrong file or project name than a wish.',
    remedy:
      'Check the compose files and the project name; `--allow override` goes ahead; `stormport destroy` removes an application on purpose.',
  },
  SP3103: {
    title: 'Nothing is removed, for the target was not seen in full',
    meaning:
      'The target answered only in part, so what is no longer wanted cannot be told from what was not seen. Nothing is deleted on doubt; creations and updates go ahead.',
    remedy: 'See why with `stormport target check`, then deploy again.',
  },
  SP3104: {
    title: 'Existing data is used',
    meaning: 'A volume of that name was there before this deploy. It is used as it is, with the data in it.',
    remedy: 'Nothing, if that is the data you mean; otherwise name another volume.',
  },
  SP3105: {
    title: 'The saved plan is stale',
    meaning:
      'What the plan was made from has changed since: the files, a release, or objects on a target. Exactly that plan can no longer be carried out.',
    remedy: 'Make a new one with `stormport plan --out FILE` and look at it.',
  },
  SP3106: {
    title: 'A volume is no longer in the file and stays',
    meaning: 'A deploy never deletes data. The volume keeps its content and belongs to no service.',
    remedy: 'Remove it by hand, or with the whole application: `stormport destroy --volumes`.',
  },
  SP3107: {
    title: 'A service cannot move yet',
    meaning:
      'The service must never run twice, and the target that it would leave does not answer or was not seen in full. It is not started elsewhere before it is known to be gone there.',
    remedy: 'Bring the target back, then deploy again.',
  },
  SP3108: {
    title: 'the target still runs an application',
    meaning:
      'A cluster is not taken down while an application has a release on it: its objects and data would go with it.',
    remedy: 'Destroy the application there first; `stormport apps` lists them.',
  },
  SP3140: {
    title: 'clusters or pools would have to change',
    meaning: 'With --no-infra nothing under the applications may be made, changed or removed, and the plan needs that.',
    remedy: 'Leave --no-infra out, or run stormport target create first.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
