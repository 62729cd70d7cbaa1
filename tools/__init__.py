"""What builds, measures, releases and grades the course. Notebooks never import it; `utils` never does."""

import sys

# nbformat loads jsonschema, and that a grammar of internationalized addresses, which takes a second and which no
# notebook needs. Where this package is missing, jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)
