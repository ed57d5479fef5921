"""Which pages may use a site: our own, and those of the origins that are configured for it."""

from collections.abc import Mapping

from starlette.requests import HTTPConnection

from connectors.web.problems import Problem
from connectors.web.settings import Site
from protocol.errors import ErrorCode

_SCHEMES = {"ws": "http", "wss": "https"}


class Origins:
    """The origins of all sites."""

    def __init__(self, sites: Mapping[str, Site]) -> None:
        """Make it of the settings."""
        self._sites = {name: frozenset(site.origins) for name, site in sites.items()}

    def site_of(self, origin: str | None) -> str | None:
        """The first site that a page of an origin may use."""
        if origin is None:
            return None
        return next((name for name, known in self._sites.items() if origin in known), None)

    def is_own(self, request: HTTPConnection) -> bool:
        """Whether a request comes from a page of ours, or from no page at all."""
        said = request.headers.get("origin")
        if said is None:
            return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        return said == own(request)

    def known(self, request: HTTPConnection) -> str | None:
        """The foreign origin of a request, if any site knows it."""
        said = request.headers.get("origin")
        return said if self.site_of(said) is not None else None

    def checked(self, request: HTTPConnection, site: str, *, needed: bool = False) -> str | None:
        """The foreign origin of a request; None: it comes from our own page.

        Args:
            request: The request.
            site: The site that it is about.
            needed: Whether there must be an origin.

        Raises:
            Problem: It comes from a page that may not use the site.
        """
        said = request.headers.get("origin")
        if said is None and not needed:
            return None
        if said is not None and said in self._sites[site]:
            return said
        if said is not None and said == own(request):
            return None
        raise Problem(ErrorCode.NOT_ALLOWED, "Origin: not one of this site")

    def may_open(self, request: HTTPConnection) -> bool:
        """Whether a page may open a socket; for which site its hello says."""
        said = request.headers.get("origin")
        return said is not None and (said == own(request) or self.site_of(said) is not None)


def own(request: HTTPConnection) -> str:
    """The origin of this process, as the request knows it."""
    scheme = _SCHEMES.get(request.url.scheme, request.url.scheme)
    return f"{scheme}://{request.headers.get('host', '')}".lower()
