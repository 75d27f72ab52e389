#!/bin/sh
# Removes what no application of ours can reach from an image's packages: prune.sh SITE_PACKAGES
set -eu
cd "$1"
remove_jars() {
    for name; do
        rm pyspark/jars/"$name"-[0-9]*.jar
    done
}
# No query keeps state in Spark, and no history of the UI is on disk.
remove_jars rocksdbjni
# Spark Connect's server, and the REPL's compiler: a driver in this process speaks by Py4J.
remove_jars spark-connect_2.13 scala-compiler spark-repl_2.13 jline
# MLlib, GraphX and the linear algebra below them.
remove_jars spark-mllib_2.13 spark-mllib-local_2.13 spark-graphx_2.13 breeze_2.13 breeze-macros_2.13 \
    spire_2.13 spire-macros_2.13 spire-platform_2.13 spire-util_2.13 cats-kernel_2.13 algebra_2.13 \
    lapack blas arpack arpack_combined_all JTransforms JLargeArrays
# Hive's metastore and the databases it keeps itself in; there is no Hive catalogue.
remove_jars hive-exec hive-metastore hive-service-rpc hive-beeline hive-cli hive-common hive-jdbc \
    hive-serde hive-shims hive-shims-common hive-shims-scheduler \
    spark-hive_2.13 spark-hive-thriftserver_2.13 derby datanucleus-core datanucleus-rdbms \
    datanucleus-api-jdo
# Natives of other systems than this image's.
rm pyspark/jars/*-osx-*.jar pyspark/jars/*-windows-*.jar pyspark/jars/*-linux-aarch_64.jar
rm -r pyspark/jars/connect-repl pyspark/examples pyspark/data pyspark/ml pyspark/mllib
# What Arrow is compiled from and compiled against, and its RPC.
rm -r pyarrow/include pyarrow/includes pyarrow/src pyarrow/*.px[di] pyarrow/*.pyx pyarrow/tests
rm pyarrow/libarrow_flight.so* pyarrow/libarrow_python_flight.so* pyarrow/_flight*
# Copies of what is loaded by the name with the ABI's version; a wheel cannot hold links.
rm pyarrow/libarrow_python*.so pyarrow/libarrow_python*.so.*.*.*
# Tests of the others.
rm -r pandas/tests numpy/*/tests numpy/tests
