#!/bin/sh
# The whole platform in a kind cluster of this machine, made where there is none: make kind-up
# A second run builds and installs anew what has changed. CLUSTER is its name (vitrine).
set -eu
cd "$(dirname "$0")/../.."
cluster=${CLUSTER:-vitrine}
traefik=41.3.0

needs() {
    command -v "$1" >/dev/null && return
    echo "$1 is missing: see $2" >&2
    exit 1
}
needs docker https://docs.docker.com/get-docker/
needs kind https://kind.sigs.k8s.io/docs/user/quick-start/#installation
needs kubectl https://kubernetes.io/docs/tasks/tools/
needs helm https://helm.sh/docs/intro/install/
docker info >/dev/null 2>&1 || {
    echo "docker's daemon does not answer: start it, and see that \`docker info\` lists a server" >&2
    exit 1
}

if kind get clusters | grep -qx "$cluster"; then
    kind export kubeconfig --name "$cluster"
else
    kind create cluster --name "$cluster" --config kind-config.yaml
fi

# A rebuilt image has another name, so that its pods are replaced and its Jobs run again.
load() {
    tag=$(docker image inspect --format '{{.Id}}' "vitrine/$1:0.1.0" | cut -c 8-19)
    docker tag "vitrine/$1:0.1.0" "vitrine/$1:$tag"
    kind load docker-image "vitrine/$1:$tag" --name "$cluster"
    docker rmi "vitrine/$1:$tag" >/dev/null
}
# An attestation would give the same image another identity at every build.
BUILDX_NO_DEFAULT_ATTESTATIONS=1 VITRINE_BUILDER=docker TAG=0.1.0 k8s/images.sh
load local-platform
stores=vitrine/local-platform:$tag
names=$(sed -n 's|^  repository: vitrine/||p' charts/*/values.yaml)
set --
for name in $names; do
    load "$name"
    set -- "$@" --set-string "$name.image.tag=$tag"
done

helm upgrade --install traefik traefik --repo https://traefik.github.io/charts --version "$traefik" \
    --namespace traefik --create-namespace --values k8s/kind/traefik.yaml --wait
kubectl apply --filename k8s/kind/namespace.yaml
helm upgrade --install backing k8s/kind/backing-services --namespace vitrine \
    --set-string "redshiftLocal.image=docker.io/$stores,s3.image=docker.io/$stores" \
    --wait --timeout 10m
helm dependency update charts/vitrine
# Helm installs these with the first release alone.
kubectl apply --server-side --force-conflicts --filename charts/lag-scaler/crds
helm upgrade --install vitrine charts/vitrine --namespace vitrine --values k8s/kind/values.yaml \
    "$@" --wait --timeout 10m

echo "the live page: http://localhost:8080/"
echo "the make-believe shop: http://127.0.0.1:8020/ while this runs:"
echo "    kubectl --namespace vitrine port-forward deployment/vitrine-shop-simulator 8020"
echo "remove everything: kind delete cluster --name $cluster"
