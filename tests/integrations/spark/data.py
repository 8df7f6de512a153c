"""Rows of all types, with what is awkward about each."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

SECRET = "the-secret-that-no-log-may-show"

SCHEMA = pa.schema(
    [
        ("n", pa.int64()),
        ("text", pa.string()),
        ("price", pa.decimal128(38, 18)),
        ("ratio", pa.float64()),
        ("day", pa.date32()),
        ("moment", pa.timestamp("us")),
    ]
)


def table(rows):
    day, moment = date(2024, 1, 1), datetime(2024, 1, 1, 12)
    texts = ["plain", "", None, 'a "quote"', "two\nlines", "ümlaut 😀", "NA", "\\N", "1,5"]
    return pa.table(
        {
            "n": list(range(rows)),
            "text": [texts[n % len(texts)] for n in range(rows)],
            "price": [None if n % 11 == 0 else Decimal(n) / 100 for n in range(rows)],
            "ratio": [None if n % 13 == 0 else n * 0.1 for n in range(rows)],
            "day": [None if n % 17 == 0 else day + timedelta(days=n % 900) for n in range(rows)],
            "moment": [moment + timedelta(seconds=n * 7_919) for n in range(rows)],
        },
        schema=SCHEMA,
    )


def ordered(frame):
    """The rows of a frame, as an Arrow table in the order of `n`."""
    return frame.toArrow().cast(SCHEMA).sort_by("n").combine_chunks()
