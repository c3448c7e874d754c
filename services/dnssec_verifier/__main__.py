"""`python -m services.dnssec_verifier`: one dnssec-verifier process."""

from bus.process import run
from services.dnssec_verifier.app import NAME, body


def main() -> None:
    """Run until told to stop."""
    run(NAME, body)


if __name__ == "__main__":
    main()
