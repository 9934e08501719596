# SPDX-License-Identifier: Apache-2.0
"""The two ways to Weir: as the clients' proxy, and as their hub (HF_ENDPOINT)."""

from pathlib import Path

from harness import Weir

HUB = "https://huggingface.co"
EACH = ("proxy", "endpoint")


class Way:
    """One of them, to one weir."""

    def __init__(self, weir: Weir, name: str) -> None:
        self.weir = weir
        self.is_endpoint = name == "endpoint"

    def client_environment(self, home: Path) -> dict[str, str]:
        """What `weir env` says, and nothing else."""
        return self.weir.client_environment(home, *(["--endpoint"] if self.is_endpoint else []))

    @property
    def hub(self) -> str:
        """What the hub's URLs begin with."""
        return self.weir.url if self.is_endpoint else HUB

    def label(self, client: str) -> str:
        """The client's name in the table."""
        return f"{client}, HF_ENDPOINT" if self.is_endpoint else client
