"""How the files of each kind are read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from batch_etl.cleaned_file import CleanedFile
from batch_etl.layout import Rules
from batch_etl.product_file import read_products
from batch_etl.sales_file import read_sales
from batch_etl.source_files import Kind

Read: TypeAlias = Callable[[Path, str, Rules], CleanedFile]
READ: Final[Mapping[Kind, Read]] = {"vendas": read_sales, "produtos": read_products}
