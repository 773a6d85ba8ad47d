"""The `kubechat` command; the terminal is one more chat system."""


def main() -> None:
    """Runs the command line."""
