"""What answers tell browsers. Strict-Transport-Security is for the proxy that speaks TLS."""

_EVERY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PAGE_POLICY = (
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"),
    *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
)

ANSWER_HEADERS = (*_EVERY, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
"""Of every answer that is no page: shown by mistake, it loads and runs nothing."""

PAGE_HEADERS = (
    *_EVERY,
    (b"content-security-policy", "; ".join(_PAGE_POLICY).encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
"""Of pages: everything comes from here, nothing inline, in nobody's frame."""

SECURITY_HEADERS = "photodock.security_headers"
"""In a request's scope, where a route sets others than `ANSWER_HEADERS`."""
