"""`python -m services.dns_publisher`: one dns-publisher process."""

from bus.process import run
from services.dns_publisher.app import NAME, body


def main() -> None:
    """Run until told to stop."""
    run(NAME, body)


if __name__ == "__main__":
    main()
