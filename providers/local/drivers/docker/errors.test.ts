import { describe, expect, test } from 'vitest'
import { connectionError, engineError } from './errors.ts'

describe('what an engine says becomes a reason and a code', () => {
  test.each([
    [
      500,
      'driver failed programming external connectivity on endpoint x (ab12): Bind for 0.0.0.0:8080 failed: port is already allocated',
      'PortTaken',
      /Port 8080/,
    ],
    [
      500,
      'driver failed programming external connectivity on endpoint x (ab12): Error starting userland proxy: listen tcp4 127.0.0.1:28480: bind: address already in use',
      'PortTaken',
      /Port 28480/,
    ],
    [
      500,
      'failed to set up container networking: driver failed programming external connectivity on endpoint x (ab): failed to bind host port 127.0.0.1:28480/tcp: address already in use',
      'PortTaken',
      /Port 28480/,
    ],
    [500, 'could not select device driver "nvidia" with capabilities: [[gpu]]', 'Unsupported', /GPU/],
    [
      400,
      'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "nosuch": executable file not found in $PATH: unknown',
      'InvalidSpec',
      /The command nosuch is not in the image/,
    ],
    [
      400,
      'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/x": stat /x: no such file or directory: unknown',
      'InvalidSpec',
      /The command \/x is not/,
    ],
    [
      400,
      'OCI runtime create failed: exec: "/etc": permission denied: unknown',
      'InvalidSpec',
      /cannot be run: permission denied/,
    ],
    [
      400,
      'invalid mount config for type "bind": bind source path does not exist: /no/where',
      'InvalidSpec',
      /\/no\/where/,
    ],
    [500, 'write /var/lib/docker/x: no space left on device', 'Unhealthy', /disk/],
    [404, 'No such image: nosuch:1', 'ImageNotFound', /nosuch:1/],
    [
      404,
      "pull access denied for acme/x, repository does not exist or may require 'docker login'",
      'Forbidden',
      /refuses/,
    ],
    [
      0,
      'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
      'Unreachable',
      /does not answer/,
    ],
    [404, 'No such container: address already in use', 'NotFound', /No such container/],
    [409, 'Conflict. The container name "/a" is already in use by container "b".', 'Conflict', /name/],
    [503, 'starting up', 'Unreachable', /starting up/],
    [418, 'a teapot', 'Internal', /teapot/],
  ])('%d %s → %s', (status, message, code, words) => {
    const error = engineError(status, message, 'start web')
    expect(error.code).toBe(code)
    expect(error.message).toMatch(words)
  })

  test('a connection that fails is told by its cause', () => {
    const failed = (code: string) => connectionError(Object.assign(new Error('x'), { code }), 'unix:///s')
    expect(failed('ENOENT')).toMatchObject({ code: 'Unreachable', message: expect.stringContaining('no such socket') })
    expect(failed('EACCES')).toMatchObject({
      code: 'Forbidden',
      details: { hint: expect.stringContaining('docker group') },
    })
    expect(connectionError(new Error('x'), 'here', AbortSignal.abort())).toMatchObject({ code: 'Aborted' })
  })
})
