// A case of the corpus as the application that the loader makes of it.
import { join } from 'node:path'
import { loadProject } from '../../core/config/index.ts'
import type { App } from '../../core/model/app.ts'
import type { Case } from './corpus.ts'
import { memoryFiles, ROOT } from './memory-files.ts'

/** null where the loader refuses the file. */
export const loadCase = ({ files, args }: Case): App | null =>
  loadProject(
    {
      workingDir: join(ROOT, args.from ?? 'app'),
      files: args.files ?? null,
      env: args.env ?? {},
      envFiles: args.envFiles ?? [],
      profiles: args.profiles ?? ['*'],
      projectName: args.projectName ?? null,
      projectRoot: ROOT,
      allowPaths: ['/'],
      confine: false,
      config: null,
      targets: null,
    },
    memoryFiles(files),
  ).app
