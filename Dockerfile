ARG SWIFT_IMAGE=swift:6.3-bookworm

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcrypt-dev libevent-dev libssl-dev libyaml-dev pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies are a layer of their own: fetched again only when the manifest changes. The lock file is optional.
COPY Package.swift Package.resolved* ./
RUN swift package resolve
COPY . .
RUN scripts/build
# Beside the program only what it is linked with, and where names of hosts are looked up: no shell, no package manager.
RUN mkdir -p /image/usr/local/bin \
 && strip -o /image/usr/local/bin/Server .build/release/Server \
 && ldd /image/usr/local/bin/Server | grep -o '/[^ ]*' | xargs cp --parents --dereference --target-directory=/image \
 && cp --parents /etc/nsswitch.conf /image

FROM scratch
COPY --from=build /image /
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
