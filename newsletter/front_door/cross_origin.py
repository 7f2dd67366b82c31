"""What scripts of other sites may read: the JSON answers, which hold nothing of anybody (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol. No answer allows credentials, and none looks at
any, so that every origin is as good as no origin.
"""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

DAY_SECONDS = "86400"


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks if a script may post here; another OPTIONS is just a wrong method."""
    names = {"Origin", "Access-Control-Request-Method"}
    return request.method == "OPTIONS" and names <= set(request.headers)


def preflight() -> HttpResponse:
    response = readable_by_all(HttpResponse(status=HTTPStatus.NO_CONTENT))
    response["Access-Control-Allow-Methods"] = "POST"
    response["Access-Control-Allow-Headers"] = "Content-Type"
    response["Access-Control-Max-Age"] = DAY_SECONDS
    return response


def readable_by_all(response: HttpResponse) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "Retry-After"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
