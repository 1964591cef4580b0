// Codes about stormport.yaml and x-stormport, and keys that are not yet there (SP13xx, SP19xx, SP5001).
import type { CodeText } from './index.ts'

export const fleetCodes = {
  SP1301: {
    title: 'stormport.yaml is not valid YAML',
    meaning: 'The file cannot be parsed, or a mapping has the same key twice. Nothing of it was used.',
    remedy: 'Correct the file at the position shown.',
  },
  SP1302: {
    title: 'Unknown key',
    meaning:
      'stormport.yaml or x-stormport holds a key that does not exist at that place. Keys are never ignored, for a typing error would change what runs where.',
    remedy: 'Take the suggested key, or remove it. `stormport schema` prints every key.',
  },
  SP1303: {
    title: 'Wrong value',
    meaning: 'A value has the wrong type, is out of range, or is not one of the words that are allowed there.',
    remedy: 'Write a value of the form that the message names.',
  },
  SP1304: {
    title: 'Missing key',
    meaning: 'A key that is needed at that place is not written.',
    remedy: 'Add the key that the message names.',
  },
  SP1305: {
    title: 'Amount or duration cannot be read',
    meaning:
      'In stormport.yaml and x-stormport sizes are written with MiB, GiB or TiB, cores as a number and durations with a unit. A bare M or G means two things and is refused.',
    remedy: 'Write the amount as the hint shows, such as 512MiB, "0.5" or 30s.',
  },
  SP1306: {
    title: 'Name is not DNS-like',
    meaning:
      'Names of fleets, targets, sites, pools and nodes become parts of object names everywhere, so they follow the strictest rule: lower-case letters, digits and hyphens, at most 63.',
    remedy: 'Choose a name such as edge-1.',
  },
  SP1307: {
    title: 'Unknown GPU model',
    meaning: 'The GPU model is not in the list of known cards, so its memory is not known and no node could match it.',
    remedy: 'Take the suggested name, such as l4, a10 or a100-40gb.',
  },
  SP1308: {
    title: 'The fleet has no name',
    meaning:
      'A target creates clusters or pools. They carry the fleet name as owner tag, so that two fleets never touch the same thing.',
    remedy: 'Write `name:` at the top of stormport.yaml.',
  },
  SP1309: {
    title: 'One engine, two targets',
    meaning:
      'Two targets of the fleet use the same container engine. One engine belongs to one target; any number of local targets may use the process driver.',
    remedy: 'Set `driver: process` on one of them, or give each its own engine.',
  },
  SP1310: {
    title: 'tcp:// without TLS',
    meaning: 'A container engine that answers on plain tcp:// gives root to everyone who reaches it.',
    remedy: 'Add tls: { ca, cert, key }, or use ssh://.',
  },
  SP1311: {
    title: 'Node of a local target is not complete',
    meaning:
      'A node is either an engine (`host`) or simulated. Nodes on other machines need a `daemon` that stays up, and an engine does not go with `driver: process`.',
    remedy: 'Correct the node as the message says.',
  },
  SP1312: {
    title: 'Unknown target or site',
    meaning:
      'A name refers to a target or site that stormport.yaml does not declare. Without stormport.yaml there is one target, `local`.',
    remedy: 'Take the suggested name, or declare the target.',
  },
  SP1313: {
    title: 'stormport.yaml is not found',
    meaning:
      'The file named by --config cannot be read, or a file with a similar name lies where stormport.yaml is looked for.',
    remedy: 'Correct --config, or rename the file to stormport.yaml.',
  },
  SP1314: {
    title: 'stormport.yaml is over a limit',
    meaning:
      'Size, depth and number of aliases are bounded, aliases must not contain themselves, and the key `__proto__` is refused.',
    remedy: 'Write the file without it.',
  },
  SP1315: {
    title: 'Values contradict each other',
    meaning: 'Two values of stormport.yaml or x-stormport cannot both hold, such as a minimum above the maximum.',
    remedy: 'Change one of them.',
  },
  SP1316: {
    title: 'Variables are not filled in',
    meaning:
      'Compose files fill in ${VARIABLES}; stormport.yaml does not, so that where things run never depends on the shell of the day.',
    remedy: 'Write the value itself.',
  },
  SP1317: {
    title: 'x-stormport at a place without meaning',
    meaning:
      'x-stormport belongs into a service or a volume. Compose takes any x- key anywhere, so it would be ignored.',
    remedy: 'Move it into the service or the volume that it is about.',
  },
  SP1321: {
    title: 'Autoscaling by a share of nothing',
    meaning: 'autoscale.cpu and autoscale.memory are percentages of what the service reserves, and it reserves none.',
    remedy: 'State deploy.resources.reservations for the service.',
  },
  SP1322: {
    title: 'minPerTarget asks for more than there is',
    meaning: 'place.minPerTarget times the allowed targets is above the number of replicas.',
    remedy: 'Raise deploy.replicas, lower minPerTarget, or name fewer targets.',
  },
  SP1323: {
    title: 'Host process asked for from outside the project',
    meaning:
      '`process` runs a command on this machine without isolation. Only files inside the project root may ask for it, not an include or extends from elsewhere.',
    remedy: 'Move the key into a file of the project, or widen --project-root.',
  },
  SP1324: {
    title: 'Secret where it would be seen',
    meaning:
      'A variable whose name says that it is a secret is put into a label, an image, a name or an option. Targets show these to everyone who may look.',
    remedy: 'Pass it by an environment key or a secret. If it is none, list it in x-stormport.public.',
  },
  SP1325: {
    title: 'Content of a config or secret cannot be read',
    meaning: 'A config or secret that a service uses names a file that cannot be read or a variable that is not set.',
    remedy: 'Create the file, set the variable, or correct the name.',
  },
  SP1326: {
    title: 'Override file with a remote target',
    meaning:
      'compose.override.yaml is merged without being named, and usually holds settings of the developer’s machine. It must not reach another machine unseen.',
    remedy: 'Leave it out with --file compose.yaml, or name both files.',
  },
  SP1327: {
    title: 'Unknown service',
    meaning: 'x-stormport refers to a service that the compose files do not have.',
    remedy: 'Take the suggested name.',
  },
  SP1328: {
    title: 'Placement constraint cannot be read',
    meaning:
      'deploy.placement.constraints holds an entry that is not of the form KEY == VALUE or KEY != VALUE with a key of Compose (node.id, node.hostname, node.role, node.platform.os, node.platform.arch, node.labels.NAME, engine.labels.NAME).',
    remedy: 'Correct the entry, such as node.labels.zone == a.',
  },
  SP1330: {
    title: 'Part of a GPU without sharing',
    meaning:
      'gpu.share below 1 puts several replicas on one card, which nothing isolates from each other. That must be allowed in words.',
    remedy: 'Add sharing: allow, or ask for whole cards.',
  },
  SP1331: {
    title: 'expose without port',
    meaning: 'x-stormport.expose names no port, and the service declares none in ports or expose.',
    remedy: 'Add port: to x-stormport.expose.',
  },
  SP1332: {
    title: 'Singleton with several replicas',
    meaning: '`singleton: true` promises that there are never two copies at once; the service asks for several.',
    remedy: 'Set replicas to 1, or take singleton away.',
  },
  SP1333: {
    title: 'Schedule cannot be read',
    meaning: 'The cron expression or the time zone is not valid.',
    remedy: 'Write a cron expression such as "0 3 * * *" and a time zone such as Europe/Berlin.',
  },
  SP1340: {
    title: 'Peer found in the environment',
    meaning: 'An environment value names another service as a host, so both are placed together, as with depends_on.',
    remedy: 'Nothing to do. x-stormport.reach cuts the tie where the name resolves elsewhere.',
  },
  SP1900: {
    title: 'Not there yet',
    meaning:
      'The key is part of the schema, but this version cannot do what it asks. It is refused, so that nothing is ignored in silence.',
    remedy: 'Take the key out until it is there.',
  },
  SP1901: {
    title: '`control` is not there yet',
    meaning: 'Watching targets and deciding about failover without a person is not part of this version.',
    remedy: 'Take `control` out of stormport.yaml.',
  },
  SP1902: {
    title: '`environments` is not there yet',
    meaning: 'Environments chosen by --env are not part of this version.',
    remedy: 'Take `environments` out, and name files with --file, --env-file and --config.',
  },
  SP1903: {
    title: 'Provider is not there yet',
    meaning: 'The target is described correctly, but this version deploys to local targets only.',
    remedy: 'Use a target with provider: local.',
  },
  SP1904: {
    title: 'A daemon elsewhere is not there yet',
    meaning: 'A local target whose home is another machine is not part of this version.',
    remedy: 'Take `daemon` out; this machine is the default.',
  },
  SP1905: {
    title: 'Several engines in one pool are not there yet',
    meaning: 'A local target drives one engine of this machine, host processes and simulated nodes in this version.',
    remedy: 'Keep one node with host: unix:///var/run/docker.sock.',
  },
  SP1906: {
    title: 'Autoscaling on local targets is not there yet',
    meaning:
      'x-stormport.autoscale is part of the schema, but no controller of a local target acts on it in this version.',
    remedy: 'State deploy.replicas, and use `stormport scale`.',
  },
  SP1907: {
    title: 'dra has no effect on local targets',
    meaning:
      'gpu.dra asks for GPUs by Kubernetes ResourceClaims. A local pool has none: it gives whole cards to one replica each.',
    remedy: 'Nothing is to be done; limit the service to clusters with `targets` if it must be a claim.',
  },
  SP1908: {
    title: 'expose has no effect on local targets',
    meaning:
      'x-stormport.expose gives host names on clusters. On local targets `ports` publishes as Docker Compose does, and nothing serves the host name.',
    remedy: 'Use `ports` for what is reached on local targets; keep expose for clusters.',
  },
  SP5001: {
    title: 'Failover that nobody watches',
    meaning:
      'stormport.yaml declares failover, but no controller watches the targets. Nothing moves by itself when a target is lost.',
    remedy: 'Read `ifLost` of `stormport plan`, and deploy again when a target is lost.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
