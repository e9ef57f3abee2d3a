#!/usr/bin/env bash
# Starts oidc-provider on loopback with two clients, with everything that it writes in the folder that is given.
# Wants `node`, and `oidc-provider` (npm) in the folder that NODE_MODULES names.
set -euo pipefail
folder=${1:?usage: serve.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
: "${NODE_MODULES:?the folder node_modules in which oidc-provider is installed}"
mkdir -p "$folder" && cd "$folder"
for client in first second; do
  [ -s "$client.secret" ] || (umask 077; head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$client.secret")
done
cp "$here/rescind.toml" rescind.toml
ln -sfn "$NODE_MODULES" node_modules
cat > server.mjs <<'SERVER'
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const client = (client_id) => ({
  client_id,
  client_secret: readFileSync(`${client_id}.secret`, 'utf8'),
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
});
const provider = new Provider('http://127.0.0.1:8920', {
  clients: [client('first'), client('second')],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
});
provider.listen(8920, '127.0.0.1', () => console.log('oidc-provider serves http://127.0.0.1:8920'));
SERVER
exec node server.mjs
