"""Changes the headers of each request where a schema cannot say what is valid.

Each Idempotency-Key becomes unique: generated keys repeat, and a key that was used with another
body is answered 422. Each tenant becomes the tenant of the token: any other is answered 403.
"""

import itertools

import schemathesis

TENANT = "2"
NUMBERS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and len(key) <= 255:
        number = str(next(NUMBERS))
        headers["Idempotency-Key"] = (number + "-" + key)[: max(len(key), len(number))]
    if str(headers.get("X-Tenant", "")).isdecimal():
        headers["X-Tenant"] = TENANT
