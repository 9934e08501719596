# SPDX-License-Identifier: Apache-2.0
"""nginx as the reference for hits, a TLS file server; as the origin of misses, a hub and its CDN; as a folder of blobs."""

from pathlib import Path
from typing import Self

from harness.weir import free_port
from hub.certs import Pair
from library import COMMIT, REPO, Library
from line import Line
from server import Server

HUB = "huggingface.co"
CDN = "cdn-lfs-us-1.hf.co"
FILES = "files.example.org"

CONFIG = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  absolute_redirect off;
  log_format bytes "$server_name $body_bytes_sent";
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  default_type application/octet-stream;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_protocols TLSv1.3;
  ssl_certificate {leaf.certificate};
  ssl_certificate_key {leaf.key};
{servers}
}}
"""

REFERENCE = """
  server {{
    listen 127.0.0.1:{tls_port} ssl reuseport;
    listen 127.0.0.1:{plain_port} reuseport;
    server_name {files};
    root {root};
  }}
"""

ORIGIN = """
  map $name $git_id {{ {git_ids} }}
  server {{
    listen {address} ssl reuseport;
    server_name {hub};
    {large}
    location ~ ^/{repo}/resolve/{commit}/(?<name>.*)$ {{
      add_header X-Repo-Commit {commit};
      return 307 /api/resolve-cache/models/{repo}/{commit}/$name;
    }}
    location ~ ^/api/resolve-cache/models/{repo}/{commit}/(?<name>.*)$ {{
      alias {root}/$name;
      etag off;
      add_header ETag '"$git_id"';
      add_header X-Repo-Commit {commit};
    }}
  }}
  server {{
    listen {address} ssl;
    server_name {cdn};
    access_log {folder}/cdn.log bytes;
    {objects}
  }}
"""

BLOBS = """
  server {{
    listen {address} ssl reuseport;
    server_name {host};
    root {root};
  }}
"""

LARGE = """
    location = /{repo}/resolve/{commit}/{file.name} {{
      add_header X-Repo-Commit {commit};
      add_header X-Linked-Size {file.size};
      add_header X-Linked-ETag '"{file.sha256}"';
      return 302 https://{cdn}{file.object_path};
    }}
"""

OBJECT = """
    location = {file.object_path} {{ alias {file.path}; etag off; add_header ETag '"{file.sha256}"'; }}
"""


class Nginx(Server):
    """Runs nginx with a configuration of its own."""

    def __init__(self, folder: Path, servers: str, leaf: Pair, address: str, namespace: str = "") -> None:
        """`servers` go into the http block; one of them listens at `address`, HOST:PORT.  `namespace`: of the network."""
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._config = folder / "nginx.conf"
        self._config.write_text(CONFIG.format(folder=folder, leaf=leaf, servers=servers))
        self._address = address
        self._enter = ["ip", "netns", "exec", namespace] if namespace else []

    def __enter__(self) -> Self:
        self.run()
        return self

    def run(self) -> None:
        """Until it listens."""
        command = [*self._enter, "nginx", "-e", self.folder / "error.log", "-p", self.folder, "-c", self._config]
        self.start(command, self._address)


class Reference(Nginx):
    """A file server: over TLS at `tls_port`, in clear at `plain_port`."""

    def __init__(self, folder: Path, library: Library, leaf: Pair) -> None:
        self.tls_port, self.plain_port = free_port(), free_port()
        servers = REFERENCE.format(
            tls_port=self.tls_port, plain_port=self.plain_port, files=FILES, root=library.folder
        )
        super().__init__(folder, servers, leaf, f"127.0.0.1:{self.tls_port}")


class Origin(Nginx):
    """The hub and its CDN at one port, told apart by SNI."""

    def __init__(self, folder: Path, library: Library, leaf: Pair, ca_file: Path, host: str = "127.0.0.1",
                 namespace: str = "") -> None:
        self.ca_file = ca_file
        self.host, self.port = host, free_port()
        names = {"repo": REPO, "commit": COMMIT, "hub": HUB, "cdn": CDN, "folder": folder, "root": library.folder}
        servers = ORIGIN.format(
            address=f"{host}:{self.port}",
            git_ids=" ".join(f"{file.name} {file.git_id};" for file in library.regular),
            large="".join(LARGE.format(file=file, **names) for file in library.large),
            objects="".join(OBJECT.format(file=file) for file in library.large),
            **names,
        )
        super().__init__(folder, servers, leaf, f"{host}:{self.port}", namespace)

    @property
    def connect_to(self) -> str:
        """Every host and port leads here, in curl's notation."""
        return f"::{self.host}:{self.port}"

    def bytes_sent(self) -> int:
        """Of file bodies, since the last call of forget()."""
        log = self.folder / "cdn.log"
        return sum(int(line.split()[1]) for line in log.read_text().splitlines())

    def forget(self) -> None:
        (self.folder / "cdn.log").write_text("")


class Blobs(Nginx):
    """A folder in which the large files have their sha256 for a name."""

    def __init__(self, folder: Path, library: Library, leaf: Pair, name: str, line: Line) -> None:
        """Stands behind that line, as NAME.example.org."""
        self.name, self.host = name, f"{name}.example.org"
        self.line, self.port = line, free_port()
        root = folder / "blobs"
        root.mkdir(parents=True)
        for file in library.large:
            (root / file.sha256).symlink_to(file.path)
        address = f"{line.host}:{self.port}"
        servers = BLOBS.format(address=address, host=self.host, root=root)
        super().__init__(folder, servers, leaf, address, line.namespace)

    @property
    def connect_to(self) -> str:
        """It alone, in curl's notation."""
        return f"{self.host}:443:{self.line.host}:{self.port}"

    def reset_connections(self) -> None:
        """All that it has; none where the kernel cannot (CONFIG_INET_DIAG_DESTROY)."""
        self.line.run_there(f"ss -K -H -t state established sport = :{self.port}")
