// Codes about the command line itself (SP15xx).
import type { CodeText } from './index.ts'

export const cliCodes = {
  SP1501: {
    title: 'unknown command',
    meaning: 'The first word is no command of Stormport. Nothing was read and nothing was changed.',
    remedy: 'Take the suggested command, or list all with `stormport --help`.',
  },
  SP1502: {
    title: 'unknown option',
    meaning: 'The command does not know this option. Options are never guessed, and none is dropped in silence.',
    remedy:
      'Take the suggested option, or list those of the command with `stormport COMMAND --help`. Words for a command in a container stand behind `--`.',
  },
  SP1503: {
    title: 'argument missing, left over or not valid',
    meaning: 'An argument or the value of an option does not have the form that the command expects.',
    remedy: 'Correct it; `stormport COMMAND --help` shows the form.',
  },
  SP1504: {
    title: 'named file cannot be read',
    meaning:
      'A file that the command line names does not exist or cannot be read. A file that is named must exist; only discovered files may be missing.',
    remedy: 'Check the path: relative paths count from the working directory.',
  },
  SP1505: {
    title: 'not yet',
    meaning:
      'This command or option is part of the design, but its work is not in this version. It is refused so that it is never taken for done.',
    remedy: 'Leave it out, or use the alternative that the message names.',
  },
  SP1506: {
    title: 'a yes is needed and nobody can be asked',
    meaning:
      'The change needs consent, there is no terminal to ask on, and the flag that gives it is not set. Nothing was touched.',
    remedy: 'Review with `stormport plan`, then give the flag that the message names.',
  },
  SP1507: {
    title: 'declined',
    meaning: 'The question was answered with no. Nothing was touched.',
    remedy: 'Run the command again and answer yes, or change the files.',
  },
  SP1508: {
    title: 'no application named',
    meaning:
      'The command is about one application and could not tell which: no compose file was found and no name was given.',
    remedy: 'Run it in the project folder, or name the application with `--project-name`.',
  },
  SP1509: {
    title: 'file exists',
    meaning: 'The command would overwrite a file that is already there. It never does.',
    remedy: 'Edit the file, or move it away first.',
  },
  SP1510: {
    title: 'saved plan cannot be used',
    meaning:
      'The file given with `--plan` is no plan that `stormport plan --out` wrote, or it is of another application.',
    remedy: 'Make it again with `stormport plan --out FILE`.',
  },
  SP1511: {
    title: 'a local daemon runs already',
    meaning:
      'One user has one local control plane, and another process is it. Two would both want to own the same replicas.',
    remedy:
      'Find it with `stormport daemon status`; end it with `stormport daemon stop` if it shall run in the foreground.',
  },
  SP1512: {
    title: 'list of credential plugins cannot be used',
    meaning:
      "The file in the user's own configuration that lists the programs which a kubeconfig may run is broken, or may be written by others, so that it does not say what the user wants.",
    remedy: 'Correct it (`{ "allow": ["COMMAND"] }`, writable by its owner alone), or remove it and answer anew.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
