// The stormport.yaml that `init` writes: one target that works at once, the others as comments.
export const starterFile =
  (): string => `# Where the application of compose.yaml may run. Every key: stormport schema stormport
targets:
  here:                       # this machine; nothing to install
    provider: local
    # driver: process         # docker | process; default: docker when an engine answers, else process

  # two:                      # a second target: replicas are placed over both
  #   provider: local
  #   driver: process

# place: { strategy: ordered, prefer: [here] }      # ordered | spread | weighted | cheapest
# defaults: { cpu: "0.1", memory: 128MiB }          # counted where a service reserves nothing
`
