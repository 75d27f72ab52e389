"""Reads `perfis_usuarios`, with a client of its own: a slow answer delays nobody else's."""

from collections.abc import Sequence
from typing import Final

from bson.codec_options import CodecOptions, DatetimeConversion

from event_contracts.names import COLLECTION_PERFIS
from service_runtime.mongo import Document, connect, mongo_errors
from service_runtime.settings import MongoSettings
from stream_processor.profiles import FIELDS, Profile, profile_of

_TIMEOUT_SECONDS: Final = 3.0
_LENIENT: Final = CodecOptions[Document](
    unicode_decode_error_handler="replace", datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
"""A document with a value that Python cannot hold must not hide the others."""


class ProfileSource:
    """The profiles as they are now."""

    def __init__(self, settings: MongoSettings) -> None:
        client = connect(settings, application="stream-processor", timeout=_TIMEOUT_SECONDS)
        database = client[settings.mongo_database]
        self._profiles = database.get_collection(COLLECTION_PERFIS, codec_options=_LENIENT)

    def read(self, customers: Sequence[str]) -> list[Profile]:
        """Their profiles, in the same order.

        Raises TransientError after three seconds without an answer, PermanentError if MongoDB
        refuses the query.
        """
        with mongo_errors():
            documents = self._profiles.find({"_id": {"$in": list(customers)}}, FIELDS)
            found = {document["_id"]: document for document in documents}
        return [profile_of(found.get(customer)) for customer in customers]
