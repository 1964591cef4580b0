// Codes about the local daemon (SP40xx, SP42xx); its docker driver has a file of its own.
import type { CodeText } from './index.ts'

export const localCodes = {
  SP4001: {
    title: 'the local daemon did not start',
    meaning: 'A command needs the local control plane, and the process ended at once or did not answer.',
    remedy: 'Read daemon.log in the state folder (stormport doctor names it), then try again.',
  },
  SP4002: {
    title: 'the local daemon does not end',
    meaning: 'It was told to stop and is still there. What it runs stays up whatever happens to it.',
    remedy: 'Kill the process whose pid the message names; the next command starts a new one.',
  },
  SP4003: {
    title: 'newer daemon or state',
    meaning: 'The running daemon or its state folder was made by a newer stormport than this command.',
    remedy: 'Use the newer stormport, or stop its daemon with it: stormport daemon stop.',
  },
  SP4004: {
    title: 'the local daemon went away',
    meaning: 'The connection broke in the middle of a request. What runs stays up.',
    remedy: 'Run the command again: it starts a daemon where none answers and goes on.',
  },
  SP4005: {
    title: 'nodes on other machines are not supported yet',
    meaning: 'The target names a daemon or an engine that is not on this machine.',
    remedy: 'Leave daemon: and remote hosts out of the target.',
  },
  SP4006: {
    title: 'the state folder is full',
    meaning: 'The disk that holds releases, heads and logs has no space left. What runs stays up and is not restarted.',
    remedy: 'Free space there (stormport doctor names the folder), then run the command again: it goes on.',
  },
  SP4007: {
    title: 'the state folder cannot be written',
    meaning: 'This user may not write into the folder that holds releases, heads and logs, or its disk is read-only.',
    remedy: 'Give the user that right, or choose another folder with STORMPORT_HOME.',
  },
  SP4020: {
    title: 'the head was changed meanwhile',
    meaning: 'Another command changed the application on this target between reading and writing.',
    remedy: 'Run the command again.',
  },
  SP4021: {
    title: 'a secret value is no longer on this machine',
    meaning:
      'The release refers to a secret whose value was cleared away: values are kept for the current and the previous healthy release.',
    remedy: 'Deploy from where the value is known.',
  },
  SP4022: {
    title: 'a config or secret object is missing',
    meaning: 'A replica needs a file object that the daemon does not hold.',
    remedy: 'Deploy again.',
  },
  SP4024: {
    title: 'somebody else holds the lock',
    meaning: 'One command at a time changes an application on a target. The message names the holder.',
    remedy: 'Wait, or pass a longer --lock-wait.',
  },
  SP4025: {
    title: 'no running replica of that name',
    meaning: 'The command needs a replica that runs, and none fits the name.',
    remedy: 'Look at stormport ps.',
  },
  SP4026: {
    title: 'Docker Compose runs this project',
    meaning:
      'Containers that Docker Compose started under the same project name run on the engine. Two tools on one project would undo each other.',
    remedy: 'docker compose -p NAME down (volumes stay), or choose another name with --project-name.',
  },
  SP4031: {
    title: 'service that looks like a job',
    meaning:
      'The service ended with exit code 0 during its first deploy. It counts as finished and is not started again.',
    remedy: 'Say what it is: x-stormport: { job: {} }, or restart: always for one that must run on.',
  },
  SP4032: {
    title: 'service that accepts no connections',
    meaning:
      'The service declares TCP ports, has no health check, and none of the ports accepted a connection within 30 seconds. It counts as ready because it runs.',
    remedy: 'Add a health check, or remove the port from ports: and expose:.',
  },
  SP4201: {
    title: 'a published port cannot be opened',
    meaning:
      'Something else listens on the port, or this user may not open it. The message names the port and, where it is known, the process.',
    remedy:
      'Free the port, publish another one, or write ports: ["8080"] without a published port and let the proxy pick.',
  },
  SP4202: {
    title: 'no port is left to lease',
    meaning: 'All ports from 20000 to 31999 are in use by host processes.',
    remedy: 'Scale a service down.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
