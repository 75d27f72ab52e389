"""A server of MongoDB's protocol within this process: mongo-java-server on JPype.

It keeps its documents in a file of H2. Secondary indexes only cost here: queries scan anyway,
and each is built anew at every start. A TTL is accepted and not enforced.
"""

import signal
from pathlib import Path
from tempfile import gettempdir
from threading import Event
from typing import Any, Final

import jpype
from pydantic_settings import BaseSettings

_JVM: Final = (
    "-Xms32m",
    "-Xmx448m",
    "-XX:+UseSerialGC",
    "-XX:ReservedCodeCacheSize=64m",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dio.netty.noUnsafe=false",
)
_CACHE_MEBIBYTES: Final = 160
"""A query reads every document; one that is not in the cache costs a tenth of a millisecond."""
_WRITTEN_AFTER_MS: Final = 100
"""What `kill -9` loses at most. H2's own second would often lose the last values of a minute."""
_DOCUMENTS: Final = "databases."
"""Before the name of a collection, in that of the map of its documents."""
_INDEX: Final = "._index_"
"""In the name of a map, between those of the collection and of its index."""
_REPORTED_VERSION: Final = (4, 4, 0)
_WIRE_VERSION: Final = 9
"""pymongo talks to nothing older."""


class Settings(BaseSettings):
    """Where to listen, the file to keep, what to run from."""

    listen_host: str
    listen_port: int
    data_file: Path
    jars_dir: Path
    java_library: Path


def main() -> None:
    """Serve until SIGTERM or SIGINT, then close the file."""
    settings = Settings()
    stop = Event()
    jars = [str(jar) for jar in sorted(settings.jars_dir.glob("*.jar"))]
    temporary = f"-Djava.io.tmpdir={gettempdir()}"
    jpype.startJVM(str(settings.java_library), *_JVM, temporary, classpath=jars)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = _server(settings)
    stop.wait()
    server.shutdownNow()


def _server(settings: Settings) -> Any:
    store = jpype.JClass("org.h2.mvstore.MVStore$Builder")()
    store.fileName(str(settings.data_file)).cacheSize(_CACHE_MEBIBYTES)
    # Else what is not used any more is removed under an index that takes long to build.
    opened = store.autoCommitDisabled().open()
    drop_broken_indexes(opened)
    backend = jpype.JClass("de.bwaldvogel.mongo.backend.h2.H2Backend")(opened)
    opened.setAutoCommitDelay(_WRITTEN_AFTER_MS)
    backend.version(_version())
    server = jpype.JClass("de.bwaldvogel.mongo.MongoServer")(backend)
    server.bind(settings.listen_host, settings.listen_port)
    return server


def drop_broken_indexes(store: Any) -> None:
    """Remove each index that has not as many entries as its collection has documents: one that is
    not there is built anew. `kill -9` may fall between the writing of a document and of its index,
    after which no write of that document succeeds."""
    for name in [str(name) for name in store.getMapNames()]:
        collection, _, index = name.partition(_INDEX)
        if index and store.openMap(name).size() != store.openMap(_DOCUMENTS + collection).size():
            store.removeMap(name)


def _version() -> Any:
    """The list is built here since JPype finds its overloads ambiguous within the callback."""
    integer = jpype.JClass("java.lang.Integer")
    numbers = jpype.JClass("java.util.ArrayList")()
    for number in _REPORTED_VERSION:
        numbers.add(integer.valueOf(number))
    methods = {
        "getVersionArray": lambda: numbers,
        "getWireVersion": lambda: _WIRE_VERSION,
        "toVersionString": lambda: ".".join(map(str, _REPORTED_VERSION)),
    }
    return jpype.JProxy("de.bwaldvogel.mongo.MongoVersion", dict=methods)


if __name__ == "__main__":
    main()
