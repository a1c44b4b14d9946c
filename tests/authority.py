"""The certificate of an authority, for estates whose machines nobody talks to."""

import trustme

AUTHORITY = trustme.CA().cert_pem.bytes().decode()
"""In PEM form; a file without one is told when the estate is read."""
