"""What the room costs to import."""

import subprocess
import sys


def test_models_of_the_official_client_are_never_imported() -> None:
    """Its hundreds of model classes cost half a second and 60 MB; only configuration and transport are used."""
    program = (
        "import sys; import workers.clusters.registry; "
        "print([m for m in sys.modules if m.startswith(('kubernetes.client.models.', 'kubernetes.client.api.'))])"
    )

    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (said.stdout.strip(), said.stderr) == ("[]", "")
