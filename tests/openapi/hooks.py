"""What no schema can foresee, said to each request before it is sent.

An Idempotency-Key becomes one of the request's own: generated ones repeat, and a key that was used
for another body is answered 422. A tenant's number becomes that of the token's tenant: any other is
answered 403.
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
