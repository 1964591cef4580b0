// Codes about fields that a target cannot honour (SP12xx).
import type { CodeText } from './index.ts'

export const verdictCodes = {
  SP1201: {
    title: 'field that this target cannot honour',
    meaning:
      'The Compose field has no counterpart where the service would run. Dropping it in silence could change what the service may do or how it behaves, so it is refused.',
    remedy:
      'Remove the field, choose another target, or take the loss: x-stormport: { accept: [SP1201] }, narrowed as SP1201@target:field.',
  },
  SP1202: {
    title: 'field that works a little differently here',
    meaning: 'The target has something close to the field but not the same. The note says what the difference is.',
    remedy: 'Nothing has to be done; test what depends on the difference.',
  },
  SP1203: {
    title: 'namespace of another container',
    meaning:
      'network_mode, ipc or pid names one fixed service or container to share with. Replicas are replaced at any time, so there is no fixed one.',
    remedy: 'Put both programs into one service, or give each its own network.',
  },
  SP1204: {
    title: 'mount that reaches into the machine',
    meaning:
      'The service would get the socket of the engine, or write access to a system folder of the host. Either is as good as root on this machine.',
    remedy:
      'Leave the mount out or make it read-only; if it is meant, write x-stormport: { allow: [hostPath] }. Every plan then shows it.',
  },
  SP1205: {
    title: 'type of mount that is not supported',
    meaning: 'The mount is neither a volume, a bind nor tmpfs, and the target has nothing like it.',
    remedy: 'Use a volume, a bind or tmpfs.',
  },
  SP1206: {
    title: 'external config or secret',
    meaning:
      'The file says that the config or secret exists already, but a local target has no store of its own in which it could.',
    remedy: 'Give it by file, content or environment.',
  },
  SP1209: {
    title: 'published port that this user may not open',
    meaning:
      'Ports below the unprivileged limit of the kernel can be opened by root only. It is said before anything starts.',
    remedy: 'Publish a higher port, lower net.ipv4.ip_unprivileged_port_start, or run the daemon as root.',
  },
  SP1210: {
    title: 'reach needs an IP address here',
    meaning:
      'reach makes a service name resolve to an address elsewhere. Container engines write it into the hosts file, which holds IP addresses only.',
    remedy: 'Write the IP address, or give the service the name in its environment.',
  },
  SP1214: {
    title: 'config or secret inside a mounted folder',
    meaning: 'A host process has no file system of its own: the file would be written into your folder.',
    remedy: 'Give the config or secret a target outside the mounts.',
  },
  SP1220: {
    title: 'limit that cannot be enforced',
    meaning: 'The machine gives this user no control group for host processes, so the limit would be a wish.',
    remedy: 'Remove the limit, use a container engine, or take it as best effort: x-stormport: { accept: [SP1220] }.',
  },
  SP1221: {
    title: 'service that needs a container engine',
    meaning: 'No engine answers on the target, and the service may not run as a host process.',
    remedy: 'Start an engine (Docker or Podman), or let the service run on the host: x-stormport: { process: true }.',
  },
  SP1222: {
    title: 'host process, not isolated',
    meaning: 'The command runs as a process of this machine with your rights; its image is not used.',
    remedy: 'Remove x-stormport.process to run it in a container.',
  },
} as const satisfies Readonly<Record<string, CodeText>>
