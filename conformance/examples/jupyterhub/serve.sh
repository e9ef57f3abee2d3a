#!/usr/bin/env bash
# Starts JupyterHub on loopback, with everything that it writes in the folder that is given.
# Wants `jupyterhub` (PyPI) and `configurable-http-proxy` (npm) on the PATH.
set -euo pipefail
folder=${1:?usage: serve.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder" && cd "$folder"
for service in operator stranger; do
  [ -s "$service.token" ] || (umask 077; head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$service.token")
done
cp "$here/rescind.toml" rescind.toml
cat > jupyterhub_config.py <<'CONFIG'
c = get_config()  # noqa
c.JupyterHub.bind_url = "http://127.0.0.1:8900"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8901"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8902"
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.Authenticator.allowed_users = {"alice"}
c.JupyterHub.services = [
    {"name": name, "api_token": open(f"{name}.token").read()} for name in ("operator", "stranger")
]
c.JupyterHub.load_roles = [
    {"name": "operator", "services": ["operator"], "scopes": ["tokens", "read:users"]},
    {"name": "stranger", "services": ["stranger"], "scopes": ["read:hub"]},
]
CONFIG
exec jupyterhub --config jupyterhub_config.py
