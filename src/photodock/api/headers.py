"""What answers tell browsers. Strict-Transport-Security is for the proxy that speaks TLS."""

_EVERY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def _page_headers(images: str, connections: str) -> tuple[tuple[bytes, bytes], ...]:
    policy = (
        *("default-src 'none'", "script-src 'self'", "style-src 'self'"),
        *(f"img-src 'self' {images}".rstrip(), f"connect-src 'self' {connections}".rstrip()),
        *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
    )
    return (
        *_EVERY,
        (b"content-security-policy", "; ".join(policy).encode()),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    )


ANSWER_HEADERS = (*_EVERY, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"))
"""Of every answer that is no page: shown by mistake, it loads and runs nothing."""

PAGE_HEADERS = _page_headers("data:", "")
"""Of pages: everything comes from here, nothing inline, in nobody's frame."""


def console_headers(store_origin: str) -> tuple[tuple[bytes, bytes], ...]:
    """Of the console: the same, but that it sends photos to the store, and shows pictures from there."""
    return _page_headers(store_origin, store_origin)


PAGE_METHODS = ["GET", "HEAD"]
"""What looks after pages, and previews of links, asks by HEAD."""
SECURITY_HEADERS = "photodock.security_headers"
"""In a request's scope, where a route sets others than `ANSWER_HEADERS`."""
