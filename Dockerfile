ARG SWIFT_IMAGE=swift:6.3-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcrypt-dev libevent-dev libssl-dev libyaml-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies are a layer of their own: fetched again only when the manifest changes. The lock file is optional.
COPY Package.swift Package.resolved* ./
RUN swift package resolve
COPY . .
RUN swift build -c release --static-swift-stdlib --product Server \
 && cp "$(swift build -c release --static-swift-stdlib --show-bin-path)/Server" /Server

FROM ${DEBIAN_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    libcrypt1 libevent-core-2.1-7 libevent-extra-2.1-7 libevent-openssl-2.1-7 libssl3 libyaml-0-2 zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /Server /usr/local/bin/Server
# A shared library that is missing shows here, not when the container starts.
RUN ["/usr/local/bin/Server", "--version"]
# By number, so that orchestrators can tell that it isn't root.
USER 10001:10001
ENV SERVER_LISTEN=0.0.0.0:5000
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=5s --retries=3 \
    CMD ["/usr/local/bin/Server", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/Server"]
