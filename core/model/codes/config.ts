// Codes about compose files (SP10xx, SP11xx).
import type { CodeText } from './index.ts'

export const configCodes = {
  SP1001: {
    title: 'the file is not valid YAML',
    meaning: 'The file could not be read as YAML, so nothing in it is known. Nothing was started or changed.',
    remedy: 'Correct the line that is named; indentation and quotes are the usual causes.',
  },
  SP1002: {
    title: 'YAML that Compose does not take',
    meaning:
      'A key is given twice, is not text, or an anchor or merge key cannot be followed. Which value counts would be a guess.',
    remedy: 'Keep one of the two keys, quote keys that are numbers, or define the anchor before its use.',
  },
  SP1003: {
    title: 'the file exceeds a safety limit',
    meaning:
      'Files are limited in size, depth and expanded aliases, so that a file cannot exhaust the machine that reads it.',
    remedy: 'Split the file with include, or remove the nesting or the anchors that multiply.',
  },
  SP1004: {
    title: 'a file cannot be read',
    meaning: 'A Compose file, or a file that it names, does not exist, is a folder, or may not be read.',
    remedy: 'Check the path; relative paths count from the folder of the file that names them.',
  },
  SP1005: {
    title: 'no Compose file',
    meaning:
      'No file was named, and none of compose.yaml, compose.yml, docker-compose.yml and docker-compose.yaml was found here or in a folder above.',
    remedy: 'Run the command in the project folder, or name the file with --file.',
  },
  SP1006: {
    title: 'a file outside the project is refused',
    meaning:
      'Files that are read stay inside the project root after symbolic links are followed, so that a project cannot pull in files of the machine.',
    remedy: 'Pass --allow-path DIR for the folder that holds the file, or move the file into the project.',
  },
  SP1007: {
    title: 'the project name is not usable',
    meaning:
      'A project name has lowercase letters, digits, hyphens and underscores, and starts with a letter or digit.',
    remedy: 'Set name: in the Compose file, or pass --project-name.',
  },
  SP1008: {
    title: 'an environment file cannot be used',
    meaning:
      'A file named by env_file, --env-file, label_file or include is missing or does not follow the .env grammar.',
    remedy: 'Create the file, correct the line, or mark it required: false.',
  },
  SP1009: {
    title: 'a variable cannot be put in',
    meaning:
      'The text holds a $ that is no variable, a required variable has no value, or the value does not fit the attribute.',
    remedy: 'Set the variable, or write $$ for a dollar sign.',
  },
  SP1010: {
    title: 'an environment file cannot be found',
    meaning:
      'A service names an env_file that does not exist. Starting it without its settings would be a different application.',
    remedy: 'Create the file, or write { path: FILE, required: false }.',
  },
  SP1011: {
    title: 'include cannot be followed',
    meaning:
      'An included file includes itself, has the wrong form, or defines what the including file defines differently.',
    remedy: 'Break the circle, or keep one of the two definitions.',
  },
  SP1012: {
    title: 'extends cannot be followed',
    meaning: 'The service that is extended does not exist, or the chain leads back to its start.',
    remedy: 'Name a service that exists, and break the circle.',
  },
  SP1013: {
    title: 'an obsolete key',
    meaning: 'The key was part of an older format. It has no effect.',
    remedy: 'Remove it.',
  },
  SP1014: {
    title: 'a variable is not set',
    meaning: 'The text uses a variable that has no value and no default, so it became empty.',
    remedy: 'Set it in the environment or in .env, or write ${NAME:-default}.',
  },
  SP1015: {
    title: 'several Compose files were found',
    meaning:
      'More than one file with a standard name stands in the folder; the first by the order of the specification is used.',
    remedy: 'Remove the others, or name the file with --file.',
  },
  SP1101: {
    title: 'an unknown key',
    meaning:
      'The key is not part of the Compose Specification at this place. It would have no effect, so it is refused.',
    remedy: 'Correct the spelling, or prefix your own keys with x-.',
  },
  SP1102: {
    title: 'a value of the wrong type',
    meaning: 'The value is not of a type that the Compose Specification allows here.',
    remedy: 'Write the type that the message names.',
  },
  SP1103: {
    title: 'a required key is missing',
    meaning: 'The mapping lacks a key without which it says nothing.',
    remedy: 'Add the key that the message names.',
  },
  SP1104: {
    title: 'a value that is not allowed',
    meaning: 'The value has the right type but is outside what the Compose Specification allows here.',
    remedy: 'Use one of the values or the form that the message names.',
  },
  SP1105: {
    title: 'a value given twice',
    meaning: 'The list holds the same value more than once where each may stand only once.',
    remedy: 'Remove one of them.',
  },
  SP1106: {
    title: 'files that cannot be merged',
    meaning: 'Two files give the same attribute in forms that do not fit together, such as a list and a mapping.',
    remedy: 'Use the same form in both files, or tag the later one !override.',
  },
  SP1107: {
    title: 'a value that cannot be understood',
    meaning: 'The short form of a port, volume, device, duration, size or command could not be read.',
    remedy: 'Write it as the message says, or use the long form.',
  },
  SP1110: {
    title: 'a service with neither image nor build',
    meaning: 'Nothing says what the service runs.',
    remedy: 'Add image: or build:.',
  },
  SP1111: {
    title: 'a reference to something that is not defined',
    meaning: 'A service names a network, volume, config, secret, model or service that no file defines.',
    remedy: 'Define it at the top level, or correct the name.',
  },
  SP1112: {
    title: 'keys that exclude each other',
    meaning: 'Two keys say different things about the same property.',
    remedy: 'Keep one of them.',
  },
  SP1113: {
    title: 'services that wait for each other',
    meaning: 'depends_on, links or shared namespaces lead from a service back to itself, so none could start first.',
    remedy: 'Remove one of the dependencies of the circle.',
  },
  SP1114: {
    title: 'a service that depends on a disabled one',
    meaning: 'The service is required but its profile is not active.',
    remedy: 'Activate the profile with --profile, or write required: false.',
  },
  SP1115: {
    title: 'a name used twice',
    meaning: 'Container names and mount targets are unique.',
    remedy: 'Give each its own.',
  },
} as const satisfies Readonly<Record<string, CodeText>>

export type ConfigCode = keyof typeof configCodes
