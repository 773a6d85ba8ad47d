"""The story that the README shows is the one that the product tells."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conversation.normal import normal

README = Path(__file__).parents[2] / "README.md"
TRANSCRIPT = re.compile(r"(<!-- story: begin[^\n]*-->\n```text\n)(.*?)(```\n<!-- story: end -->)", re.DOTALL)


@pytest.mark.slow
def test_story_comes_to_what_it_says_and_is_the_readmes_transcript(pytestconfig: pytest.Config) -> None:
    """`kubechat story` exits 0, and the README's transcript is its output up to ids, times and generated names."""
    told = subprocess.run(
        [str(Path(sys.executable).with_name("kubechat")), "story"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (told.returncode, told.stderr) == (0, "")
    text = README.read_text()
    if pytestconfig.getoption("--goldens"):
        README.write_text(TRANSCRIPT.sub(lambda found: found[1] + told.stdout + found[3], text))
        return
    found = TRANSCRIPT.search(text)
    assert found is not None
    assert normal(found[2]) == normal(told.stdout)
