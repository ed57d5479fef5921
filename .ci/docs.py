"""Build docs/ as a site into site/, with everything in it that a reader's browser needs.

Diagrams are drawn in the browser by Mermaid. It comes from its npm package, checked by its
hash, once; after that the site builds without a network, and reading it never needs one.

    python .ci/docs.py            build the site
    python .ci/docs.py fetch      only get what it needs
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from npm import npm

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "mermaid"
VERSION = "12.3.0"
SHA512 = "4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
SCRIPT = "package/dist/mermaid.min.js"


def mermaid() -> Path:
    """Find the Mermaid script, fetching it where it is not there yet."""
    CACHE.mkdir(parents=True, exist_ok=True)
    package = CACHE / f"mermaid-{VERSION}.tgz"
    if not package.exists():
        npm(CACHE, "pack", f"mermaid@{VERSION}", "--silent", quietly=True)
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != SHA512:
        package.unlink()
        sys.exit(f"error: mermaid {VERSION} is not the package that was pinned ({digest})")
    with tarfile.open(package) as archive:
        archive.extract(SCRIPT, CACHE, filter="data")
    return CACHE / SCRIPT


def main() -> None:
    """Build the site."""
    script = mermaid()
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=ROOT, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)
    shutil.copy(script, ROOT / "site" / "assets" / "mermaid.min.js")
    print(f"the site is in {ROOT / 'site'}: open index.html")


if __name__ == "__main__":
    if sys.argv[1:] == ["fetch"]:
        mermaid()
    else:
        main()
