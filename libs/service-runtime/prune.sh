#!/bin/sh
# Removes what our libraries cannot reach from an image's packages: prune.sh SITE_PACKAGES
set -eu
cd "$1"
# AWS's services, but for S3 and those of the chain of credentials and of Redshift's driver. Not every
# image has botocore.
for service in botocore/data/*/; do
    case $(basename "$service") in
    s3 | sts | sso | sso-oidc | signin | redshift | redshift-serverless) ;;
    *) rm -rf "$service" ;;
    esac
done
# Not every image has Redshift's driver. It reads an identity provider's login page by lxml, and we
# sign in with a password; it needs setuptools on a Python without importlib.metadata.
rm -rf lxml setuptools _distutils_hack distutils-precedence.pth
