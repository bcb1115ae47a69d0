# Two stages: a build that is all `make`, and an image that is one file.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY Makefile ./
COPY scripts scripts
RUN ["make", "tools"]
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock build.rs ./
COPY config config
COPY vendor vendor
COPY src src
# Not built here, but cargo refuses a manifest whose benches aren't there.
COPY benches benches
# What the binary says of where it comes from: --build-arg BUILD_COMMIT=$(git rev-parse HEAD).
ARG BUILD_COMMIT=unknown
# What is built in beside the usual: --build-arg FEATURES=heic,pdf reads pictures of iPhones, and documents.
ARG FEATURES=
RUN ["make", "build"]

FROM scratch
LABEL org.opencontainers.image.title="pixmill" \
      org.opencontainers.image.description="Resizes, crops and converts images over HTTP, without ever stalling" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /src/target/dist/pixmill /pixmill
COPY config/production.toml /etc/pixmill.toml
# Nobody in particular; nothing in the image is writable for it.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# For the server and for its health check, whatever the command is.
ENV PIXMILL_CONFIG=/etc/pixmill.toml
HEALTHCHECK --interval=10s --timeout=4s --start-period=2s CMD ["/pixmill", "healthcheck"]
ENTRYPOINT ["/pixmill"]
CMD ["serve"]
