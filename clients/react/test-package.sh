#!/usr/bin/env bash
# The package as its users get it: packed, installed into apps outside of the repository, checked
# and built there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

license=$PWD/../../LICENSE
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

npm pack --silent --pack-destination "$tmp" >"$tmp/name"
cp -r examples "$tmp/apps"
rm -rf "$tmp/apps/node_modules"
cd "$tmp/apps"
npm ci --ignore-scripts --no-audit --no-fund --prefer-offline
npm install --no-save --ignore-scripts --no-audit --no-fund --prefer-offline "$tmp/$(cat "$tmp/name")"
npm run build

# Everything loads where nothing of a browser is, and what needs no React does not ask for it.
for entry in @spool/react @spool/react/client @spool/react/ai; do
	node --input-type=module --eval "await import('$entry')"
done
rm -rf node_modules/react
for entry in @spool/react/client @spool/react/ai; do
	node --input-type=module --eval "await import('$entry')"
done

diff <(cd node_modules/@spool/react && find . -maxdepth 1 -mindepth 1 | sort) - <<'END'
./LICENSE
./README.md
./dist
./package.json
END
cmp node_modules/@spool/react/LICENSE "$license"
