# reelpipe in a container that runs as a user without rights, also with a read-only root:
#
#     docker build -t reelpipe .
#     docker run --read-only --tmpfs /tmp -v "$PWD:/data" --user "$(id -u):$(id -g)" reelpipe download list.csv -o clips
FROM debian:13-slim AS build
COPY . /source
WORKDIR /source
RUN scripts/setup build && \
    apt-get install -y --no-install-recommends dpkg-dev file && \
    cmake --preset package && \
    cmake --build --preset package --target reelpipe && \
    cd build/package && cpack -G DEB

FROM debian:13-slim
RUN --mount=type=bind,from=build,source=/source/build/package/packages,target=/packages \
    apt-get update && \
    apt-get install -y --no-install-recommends /packages/reelpipe_*.deb ca-certificates ffmpeg yt-dlp && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 1000 --create-home reelpipe
USER reelpipe
WORKDIR /data
ENTRYPOINT ["reelpipe"]
CMD ["--help"]
