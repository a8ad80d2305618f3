# The image: the binary, the libraries it needs and nothing else; no shell, not root.
#
# docker build -t irsa .        or, without an image registry at hand, scripts/image
ARG BASE=docker.io/library/debian:13-slim
FROM ${BASE} AS build
WORKDIR /src
COPY scripts scripts
RUN scripts/setup --build-only
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY include include
COPY src src
RUN cmake --preset release && cmake --build --preset release && scripts/image-root build/release/irsa /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8443 9999
ENTRYPOINT ["/usr/bin/irsa"]
CMD ["serve"]
