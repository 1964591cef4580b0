// Codes of the Docker driver and its builder (SP41xx).
import type { CodeText } from './index.ts'

export const dockerCodes = {
  SP4101: {
    title: 'engine does not answer',
    meaning:
      "The node's container engine could not be reached: its socket is missing, the connection is refused, or it gave no answer in time. Nothing was changed there.",
    remedy: "Start the engine (`systemctl start docker`), or correct DOCKER_HOST or the node's `host:`.",
  },
  SP4102: {
    title: 'published port is taken',
    meaning:
      'Another process or container on the node already listens on a port that the service publishes, so the container could not start.',
    remedy: 'Choose another published port, let the proxy pick one (`ports: ["8080"]`), or stop what uses it.',
  },
  SP4103: {
    title: 'image not found',
    meaning:
      'The image is neither on the node nor in its registry under this name and tag, or the name is not a valid image reference.',
    remedy: 'Check name, tag and platform; push the image, or give the service a `build:`.',
  },
  SP4104: {
    title: 'registry refuses',
    meaning:
      'The registry asked for credentials that are missing or wrong, or does not let this user read the image. Registries say the same of a repository that does not exist.',
    remedy: "Run `docker login REGISTRY`, or correct the image's name.",
  },
  SP4105: {
    title: 'command cannot be run',
    meaning: 'The command or entrypoint is not in the image, is not executable, or was built for another architecture.',
    remedy: "Correct `command:` or `entrypoint:`, or use an image for the node's platform.",
  },
  SP4106: {
    title: "bind mount's source is missing",
    meaning: 'A bind mount names a path that does not exist on the node, and the mount does not ask to create it.',
    remedy: 'Create the path, or correct `volumes:`.',
  },
  SP4107: {
    title: 'device is missing',
    meaning: 'The node has no such device, or the engine has no driver for GPUs.',
    remedy:
      'Correct `devices:` or place the service on a node that has it; for GPUs install the NVIDIA container toolkit.',
  },
  SP4108: {
    title: "engine's disk is full",
    meaning:
      'The engine could not write an image, a container or a volume because its disk is full. What already runs is not touched.',
    remedy: 'Free space (`docker system df` shows what uses it) and run the command again; it continues.',
  },
  SP4109: {
    title: 'node is out of memory',
    meaning: 'The kernel refused the memory that is needed to start the container.',
    remedy: 'Free memory on the node, or run fewer or smaller replicas there.',
  },
  SP4110: {
    title: 'engines over ssh are not there yet',
    meaning:
      'Nodes with an `ssh://` host come with the pool of several engines; this version talks to unix sockets and to TCP with TLS.',
    remedy: "Use the engine's unix socket on its own machine, or `tcp://` with `tls:`.",
  },
  SP4111: {
    title: 'not a usable engine address',
    meaning:
      "An engine's address is `unix:///path` or `tcp://host:port` with `tls:`. Plain TCP is refused: whoever reaches it is root on the node.",
    remedy: 'Correct the address, or add `tls: { ca, cert, key }`.',
  },
  SP4112: {
    title: 'memory limit is too small',
    meaning: 'Engines refuse memory limits below a few MiB, since no process starts in them.',
    remedy: 'Raise `deploy.resources.limits.memory`.',
  },
  SP4113: {
    title: 'registry does not answer',
    meaning:
      "The engine could not reach the image's registry in time. An image that is on the node already is used without asking.",
    remedy: "Check the registry's address and the engine's network or proxy settings.",
  },
  SP4114: {
    title: 'no right to use the engine',
    meaning: "The engine's socket is there, but this user may not open it.",
    remedy: 'Join the docker group and sign in again, or run as a user who may use the socket.',
  },
  SP4115: {
    title: 'engine is too old',
    meaning: 'The engine speaks an API older than 1.40 (Docker 19.03).',
    remedy: 'Update the engine.',
  },
  SP4116: {
    title: 'container name is taken',
    meaning: 'A container that Stormport did not make has the name that this replica needs. It is not touched.',
    remedy: 'Remove it, or change `container_name:`.',
  },
  SP4117: {
    title: 'external network or volume is missing',
    meaning:
      'The file says that the network or volume exists already (`external: true`), but the engine has none of that name.',
    remedy: 'Create it (`docker network create NAME`, `docker volume create NAME`), or drop `external:`.',
  },
  SP4118: {
    title: 'engine has another owner',
    meaning:
      "The engine carries the mark of another Stormport daemon that is alive. Two daemons on one engine would undo each other's work, so this one changes nothing.",
    remedy: 'Use the daemon that owns it, or stop that one and try again.',
  },
  SP4119: {
    title: 'unknown stop signal',
    meaning: 'The engine knows no signal of the name that the file or the image gives.',
    remedy: 'Correct `stop_signal:`.',
  },
  SP4120: {
    title: 'builder cannot do this',
    meaning: "The engine's builder on this node does not know a feature that `build:` uses. Nothing was built.",
    remedy: 'Install docker buildx on this machine, or remove the key that the message names.',
  },
  SP4121: {
    title: 'build failed',
    meaning: 'The builder stopped with an error; its last lines stand in the message or above it.',
    remedy: 'Correct the Dockerfile or the build context and deploy again.',
  },
  SP4122: {
    title: 'build context cannot be used',
    meaning: 'The context folder or the Dockerfile is missing, leaves the context through a link, or is too large.',
    remedy: 'Correct `build.context` or `build.dockerfile`; exclude files with `.dockerignore`.',
  },
  SP4123: {
    title: 'no platform of the build is that of the engine',
    meaning:
      'An engine keeps one platform of an image. Of several in build.platforms the one of the engine is built, and none of those listed is.',
    remedy: 'Add the platform that the message names to build.platforms, or write `platform:` of the service.',
  },
  SP4124: {
    title: 'a remote build context cannot be had',
    meaning:
      'The build context is a git repository or an archive behind a URL, and git or the server refused it, or it has not the named ref or folder. The message has their own words.',
    remedy: 'Check the address and your sign-in, or clone it and name the folder in `build.context`.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
