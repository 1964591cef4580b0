// Codes of Kubernetes targets: about fields (SP125x) and about what happens there at run time (SP43xx).
import type { CodeText } from './index.ts'

export const kubernetesCodes = {
  SP1250: {
    title: 'name that cannot be resolved on a cluster',
    meaning:
      'Names of Kubernetes Services hold small letters, digits and hyphens, begin with a letter and have at most 63 characters. The service, alias or link is called by a name that does not, so whoever calls it by that name would not find it.',
    remedy: 'Rename it, for instance my_db to my-db, in the file and where it is called.',
  },
  SP1251: {
    title: 'two names that become one',
    meaning:
      'Characters that cluster names cannot have become hyphens, and capitals become small. After that two services, or a service and an alias, would be one object.',
    remedy: 'Rename one of them.',
  },
  SP1252: {
    title: 'service that is not fully restricted',
    meaning:
      'The service needs more than the Pod Security level `restricted` lets it have, so it runs at the level that the message names. Everything else is hardened all the same.',
    remedy: 'Do what the message says, or leave it: it is a note.',
  },
  SP1253: {
    title: 'more than the security level lets it have',
    meaning:
      'x-stormport.security, or a label of the namespace, names a Pod Security level, and the service asks for something that the level forbids. The cluster would refuse its pods.',
    remedy: 'Take out what the message names, or lower the level on purpose.',
  },
  SP1254: {
    title: 'path of a machine',
    meaning:
      'The service binds a file or folder that is not a small file of the project. Nodes of a cluster are not this machine, and a replica may be on any of them.',
    remedy:
      'Use a named volume for data and `configs:` for files. If the path really lies on every node: x-stormport: { allow: [hostPath] }.',
  },
  SP1255: {
    title: 'network that a cluster does not have',
    meaning:
      'The network is external, or its driver puts containers on the network of the machine. Clusters have one network for pods; Compose networks become rules about who may reach whom.',
    remedy: 'Remove the network from the service or declare it without driver and external.',
  },
  SP1256: {
    title: 'how it is reached from outside',
    meaning:
      'expose says a host name, and the cluster decides by what means: a Gateway, an Ingress controller, a load balancer or a port of the nodes. The note says which and why.',
    remedy: 'To choose: ingress: { kind: gateway | ingress | loadBalancer | nodePort } on the target.',
  },
  SP1257: {
    title: 'it cannot be reached as asked',
    meaning: 'What `expose` or `ports` asks for needs something that the target does not have or name.',
    remedy: 'Do what the message says, or take the key out.',
  },
  SP1258: {
    title: 'network rules that may not be enforced',
    meaning:
      'The separation of networks is written as NetworkPolicies. The network plugin of the cluster is not known to enforce them, so services of other networks may reach it.',
    remedy: 'Use a network plugin that enforces NetworkPolicy, and say so: assume: { networkPolicy: true }.',
  },
  SP1259: {
    title: 'access to the node that must be allowed',
    meaning:
      'The service asks for something of the machine that it runs on: its network, processes, ports or all its rights. Whoever has that on a node has the node.',
    remedy: 'Leave it out; if it is meant, allow it by its word in x-stormport.allow. Every plan then shows it.',
  },
  SP4301: {
    title: 'image cannot be pulled',
    meaning: 'The nodes get no image under this name: it does not exist, or they may not read it.',
    remedy: 'Check the name; for a private registry give the target imagePull: { secret: NAME }.',
  },
  SP4302: {
    title: 'container exits again and again',
    meaning: 'The container of the new release ended three times. The reason is mostly in its last lines of output.',
    remedy: 'Read them with `stormport logs SERVICE`, and `stormport why SERVICE`.',
  },
  SP4303: {
    title: 'no node fits',
    meaning: 'The scheduler of the cluster finds no node with room, or none that the rules of the service allow.',
    remedy: 'Lower reservations, add nodes, or loosen deploy.placement.',
  },
  SP4304: {
    title: 'container cannot be made',
    meaning:
      'The node refuses the container as it is configured: something that it names is missing, or its command is not in the image.',
    remedy: 'Do what the message of the node says.',
  },
  SP4305: {
    title: 'pods are refused',
    meaning: 'A quota, a Pod Security level or another policy of the cluster does not let the pods in.',
    remedy: 'Ask for less, or have the policy of the namespace changed.',
  },
  SP4306: {
    title: 'no progress in time',
    meaning: 'The new replicas did not become ready within the deadline of the Deployment.',
    remedy: 'See why with `stormport why SERVICE`; give a slow start time with healthcheck.start_period.',
  },
  SP4307: {
    title: 'volume is not there',
    meaning: 'The claim of a volume is not bound, or the volume behind it is lost.',
    remedy: 'Check the storage class of the volume, and restore a lost one from a backup.',
  },
  SP4308: {
    title: 'no address yet',
    meaning:
      'The replicas are ready, but the load balancer or the route has no address yet. The rollout does not wait for it.',
    remedy: 'Look again with `stormport status`. If none ever comes, the cluster has no controller for it.',
  },
  SP4309: {
    title: 'out of memory',
    meaning: 'The container was ended repeatedly because it needed more memory than its limit.',
    remedy: 'Raise deploy.resources.limits.memory or let the program use less.',
  },
  SP4350: {
    title: 'the cluster is not named',
    meaning: 'The kubeconfig, its context or a file that it names is missing or cannot be read.',
    remedy: 'Name the right kubeconfig and context in the stanza of the target.',
  },
  SP4351: {
    title: 'the context leads elsewhere',
    meaning: 'The kubeconfig context leads to another server than the one that the target pins.',
    remedy: 'Correct the context, or `server:` of the target.',
  },
  SP4352: {
    title: 'no credential',
    meaning: 'The kubeconfig names a way to sign in that cannot be used here.',
    remedy: 'Use a certificate, a token, or an exec plugin.',
  },
  SP4353: {
    title: 'credential plugin not run',
    meaning: 'A kubeconfig names a program that makes credentials. It was not allowed, is missing, or failed.',
    remedy: 'Allow the command with STORMPORT_EXEC_PLUGINS=COMMAND after looking at it, or install it.',
  },
  SP4354: {
    title: 'the API server does not answer',
    meaning: 'Nobody answers there in time, the connection breaks, or its certificate is not trusted.',
    remedy: 'Check the network, the server of the context and its certificate-authority.',
  },
  SP4355: {
    title: 'not signed in',
    meaning: 'The API server does not accept the credential.',
    remedy: 'Sign in again, or renew the credential of the kubeconfig.',
  },
  SP4356: {
    title: 'not allowed',
    meaning: 'The API server knows us and does not let us do this.',
    remedy:
      'Grant the roles that `stormport render --rbac` prints; `stormport target check` names all that is missing.',
  },
  SP4357: {
    title: 'changed by somebody else',
    meaning: 'An object or a field was changed or is owned by another writer.',
    remedy: 'Plan again; `--allow override` takes fields over.',
  },
  SP4358: {
    title: 'the API server refuses the object',
    meaning: 'An object does not pass the validation or a policy of the cluster.',
    remedy: 'Correct the field that the message names; `stormport render` prints the object.',
  },
  SP4359: {
    title: 'quota exceeded',
    meaning: 'The namespace may not hold more.',
    remedy: 'Ask for more quota, or lower replicas or reservations.',
  },
  SP4360: {
    title: 'too many requests',
    meaning: 'The API server is busy and has asked to come back later.',
    remedy: 'Run again in a moment.',
  },
  SP4361: {
    title: 'an admission webhook does not answer',
    meaning: 'The cluster asks a webhook before it takes an object, and that one is silent.',
    remedy: 'Look at the webhook that the message names.',
  },
  SP4362: {
    title: 'not found',
    meaning: 'What was asked for is not in the cluster.',
    remedy: 'See what is there with `stormport status`.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
