// Codes about access, state and the engine (SP30xx, SP32xx, SP50xx, SP90xx, and the engine's own of SP31xx and SP40xx).
import type { CodeText } from './index.ts'

export const engineCodes = {
  SP3001: {
    title: 'no target answers',
    meaning: 'Every target that the command would touch was asked and none answered within 5 seconds.',
    remedy: 'Run `stormport target check` to see what each target says.',
  },
  SP3101: {
    title: 'the app is locked',
    meaning: 'Another command is changing this app on this target and holds its lease. Nothing was changed.',
    remedy: 'Wait for it, or pass a longer `--lock-wait`. A lock of a process that is gone is taken over by itself.',
  },
  SP3102: {
    title: 'the lock was lost',
    meaning:
      'The lease could not be renewed and another command took it over. What was applied stays; the target goes on by itself.',
    remedy: 'Run the command again.',
  },
  SP3110: {
    title: 'the app belongs to another checkout',
    meaning: 'An app of this name was deployed from another repository or folder. Deploying would replace it.',
    remedy: 'Choose another project name with `-p`, or take it over with `--allow override`.',
  },
  SP3111: {
    title: 'the targets have diverged',
    meaning:
      'The same release number stands for different releases on two targets: they were deployed apart from each other.',
    remedy: 'Deploy with `--allow override` to bring them to one release.',
  },
  SP3112: {
    title: 'a target is missing from stormport.yaml',
    meaning:
      'The last release runs on a target that the file no longer has. Leaving a target out never removes what runs there.',
    remedy: 'Run `stormport destroy --target NAME`, or put the target back.',
  },
  SP3113: {
    title: 'two targets are one place',
    meaning: 'Two names lead to the same cluster or engine. Deploying would run everything twice in one place.',
    remedy: 'Keep one of the two in stormport.yaml.',
  },
  SP3114: {
    title: 'one port, two targets',
    meaning: 'Two targets on this machine would publish the same fixed port; only one of them could.',
    remedy: 'Write the container port alone (`ports: ["8080"]`), so that a free port is picked on each target.',
  },
  SP3115: {
    title: 'the target is another place now',
    meaning: 'The name leads to another cluster, engine or state folder than the one the last release was deployed to.',
    remedy: 'Check context, endpoint or STORMPORT_HOME, or use another target name.',
  },
  SP3120: {
    title: 'over budget',
    meaning: 'The plan would cost more per hour than `budget.maxUsdPerHour` allows.',
    remedy: 'Lower replicas, choose cheaper pools or raise the budget.',
  },
  SP3121: {
    title: 'a manual count ends',
    meaning: 'Somebody scaled the service by hand; this deploy uses the count in the file again.',
    remedy: 'Write the count into compose.yaml if it is to stay.',
  },
  SP3122: {
    title: 'what a rollback leaves as it is',
    meaning: 'Volumes, files on disk and secrets that were replaced do not go back with the release.',
    remedy: 'Restore them by other means if they matter.',
  },
  SP3130: {
    title: 'declined',
    meaning: 'The plan needs a yes that was not given. Nothing was changed.',
    remedy: 'Review with `stormport plan`; allow classes with `--yes` and `--allow`.',
  },
  SP3201: {
    title: 'image not found',
    meaning: 'The registry (or the engine, for a local name) does not have the image.',
    remedy: 'Check name and tag, or push the image first.',
  },
  SP3202: {
    title: 'no digest',
    meaning:
      'The registry did not answer in time or does not let us look. The tag is used as it is and the digest that the target reports is kept.',
    remedy: 'Sign in to the registry, or pass `--no-resolve`; `--require-digests` turns this into an error.',
  },
  SP3210: {
    title: 'nothing to build with',
    meaning: 'A service has `build:` and no container engine answers on this machine.',
    remedy: 'Start an engine, or name an image that exists.',
  },
  SP3211: {
    title: 'a built image cannot get to a target',
    meaning:
      'A service has `build:` and may run on a target that pulls its images from a registry. Images are built on this machine and are not pushed yet.',
    remedy:
      'Build and push the image, name it as `image:` without `build:`; or limit the service with x-stormport.targets.',
  },
  SP3220: {
    title: 'unknown name',
    meaning: 'The command names a service or target that the app or the fleet does not have.',
    remedy: 'Use one of the listed names.',
  },
  SP3221: {
    title: 'not deployed',
    meaning: 'No target that answers has a release of this app.',
    remedy: 'List what is there with `stormport apps`.',
  },
  SP3222: {
    title: 'no release to go back to',
    meaning: 'The asked release is not kept, or there is no healthy one before the current.',
    remedy: 'See `stormport releases`.',
  },
  SP3223: {
    title: 'no such running replica',
    meaning: 'The command needs a running replica and found none of that name.',
    remedy: 'See `stormport ps`.',
  },
  SP4010: {
    title: 'a service is not healthy',
    meaning: 'Replicas of the new release exited or stayed unhealthy. The last log lines are shown.',
    remedy: 'Read the logs, mend the cause and deploy again.',
  },
  SP4011: {
    title: 'not ready in time',
    meaning: 'The deadline passed before every replica was ready.',
    remedy: 'See `stormport status`; pass a longer `--timeout` if it only needs more time.',
  },
  SP4012: {
    title: 'a step waits for another target',
    meaning:
      'Work moves only when its new place is ready (or, for singletons, when the old one is gone); that did not happen.',
    remedy: 'Look at the named service on the named target.',
  },
  SP9001: {
    title: 'internal error',
    meaning: 'Stormport itself failed. What was applied stays as it is.',
    remedy: 'Run again; report it with the output of `stormport doctor`.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
