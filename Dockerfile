# The image: the binary, the libraries it needs and nothing else; no shell, not root.
#
# docker build -t localhost/irsa:0.1.0 .        or, without an image registry at hand, scripts/image
ARG BASE=docker.io/library/debian:13-slim
FROM ${BASE} AS build
WORKDIR /src
# By itself first, so that a change of the sources does not install the compiler again.
COPY scripts/setup scripts/setup
RUN scripts/setup --build-only
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
COPY scripts/image-root scripts/libraries scripts/
COPY LICENSE NOTICE ./
RUN cmake --preset release && cmake --build --preset release && scripts/image-root build/release/irsa /image

FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="irsa" \
      org.opencontainers.image.description="IAM roles for service accounts, on any Kubernetes cluster" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="The irsa authors"
# By number, so that the kubelet can see that it is not root.
USER 65532:65532
EXPOSE 8443 9999
ENTRYPOINT ["/usr/bin/irsa"]
CMD ["serve"]
