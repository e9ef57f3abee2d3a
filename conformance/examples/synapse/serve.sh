#!/usr/bin/env bash
# Starts Synapse on loopback with two users, with everything that it writes in the folder that is given.
# Wants `synapse_homeserver` and `register_new_matrix_user` (PyPI: matrix-synapse) on the PATH.
set -euo pipefail
folder=${1:?usage: serve.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder" && cd "$folder"
for user in alice bob; do
  [ -s "$user.password" ] || (umask 077; head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$user.password")
done
cp "$here/rescind.toml" rescind.toml
[ -s homeserver.yaml ] || python3 -m synapse.app.homeserver --server-name rescind.test --config-path homeserver.yaml \
  --generate-config --report-stats=no --data-directory . > /dev/null
# The judge asks more often than a person does.
cat > judged.yaml <<'CONFIG'
listeners:
  - { port: 8910, bind_addresses: [127.0.0.1], type: http, tls: false, resources: [{ names: [client], compress: false }] }
rc_login:
  address: { per_second: 1000, burst_count: 1000 }
  account: { per_second: 1000, burst_count: 1000 }
  failed_attempts: { per_second: 1000, burst_count: 1000 }
trusted_key_servers: []
CONFIG
python3 -m synapse.app.homeserver --config-path homeserver.yaml --config-path judged.yaml &
server=$!
trap 'kill "$server" 2>/dev/null' EXIT INT TERM
until curl -sf -o /dev/null http://127.0.0.1:8910/_matrix/client/versions; do
  kill -0 "$server"
  sleep 0.5
done
for user in alice bob; do
  register_new_matrix_user -c homeserver.yaml -u "$user" -p "$(cat "$user.password")" --no-admin \
    http://127.0.0.1:8910 > /dev/null || true
done
echo "Synapse serves http://127.0.0.1:8910"
wait "$server"
