#!/bin/sh
# Builds the images with docker, podman or buildah, and says how large they are: images.sh [NAME...]
# `images.sh --list` says which ones there are.
#   TAG                  of every image (0.1.0)
#   BASE                 the image that they start from (the Dockerfiles' own)
#   VITRINE_BUILDER      the command that builds, with options that come before `build`
#   VITRINE_BUILD_FLAGS  options that come after it
set -eu
cd "$(dirname "$0")/.."
tag=${TAG:-0.1.0}
base=${BASE:-$(sed -n 's/^ARG BASE=//p' services/Dockerfile)}
all="$(for path in services/*/pyproject.toml spark-apps/*/pyproject.toml; do
    basename "$(dirname "$path")"
done) lag-scaler local-platform"
if [ "${1:-}" = --list ]; then
    echo "$all"
    exit
fi

found() {
    for program in docker podman buildah; do
        # A program without its daemon builds nothing.
        "$program" info >/dev/null 2>&1 && echo "$program" && return
    done
    echo "nothing here builds images: install docker, podman or buildah, and start its daemon" >&2
    exit 1
}
builder=${VITRINE_BUILDER:-$(found)}

dockerfile() {
    for folder in services spark-apps; do
        [ -d "$folder/$1" ] && echo "$folder/Dockerfile" && return
    done
    [ "$1" = lag-scaler ] && echo services/Dockerfile && return
    echo local/Dockerfile
}

size() {
    case $builder in
    *buildah*) $builder images --format '{{.Size}}' "$1" ;;
    *) $builder image inspect --format '{{.Size}}' "$1" | awk '{printf "%.0f MB\n", $1 / 1e6}' ;;
    esac
}

names=${*:-$all}
for name in $names; do
    echo "building $name" >&2
    # shellcheck disable=SC2046,SC2086  # options are words
    $builder build ${VITRINE_BUILD_FLAGS:-} --build-arg "BASE=$base" --build-arg "PACKAGE=$name" \
        $([ "$name" != lag-scaler ] || echo --build-arg SOURCE=operator) \
        --file "$(dockerfile "$name")" --tag "docker.io/vitrine/$name:$tag" .
done
echo "base: $(size "$base" 2>/dev/null || echo unknown)"
for name in $names; do
    echo "$name: $(size "docker.io/vitrine/$name:$tag")"
done
