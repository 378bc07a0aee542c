"""Gives each delivery an Idempotency-Key of its own.

Generated keys repeat, and a key that was used for another body is answered 422: rightly, but
nothing that a schema can foresee.
"""

import itertools

import schemathesis

NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and len(key) <= 255:
        number = str(next(NUMBERS))
        case.headers["Idempotency-Key"] = (number + "-" + key)[: max(len(key), len(number))]
