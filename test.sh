#!/usr/bin/env bash
# Every check of the project, in the order of what fails fastest.
#
#   ./test.sh              all of it, from a fresh clone too: it installs what it needs
#   ./test.sh unit fuzz    only these steps
#
# Nothing is skipped because something is missing: that is a failure, which
# says what to do. Works from any directory and needs no terminal.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec </dev/null
unset ${!SPOOL_@} # the caller's settings are not the tests'

# Tools that are not in go.mod, at exact versions.
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

all_steps=(install format vet modules staticcheck unit react web fuzz faults e2e page)
tmp=$(mktemp -d)
started=$SECONDS
current=

finish() {
	local status=$?
	rm -rf "$tmp"
	if ((status != 0)); then
		echo "test.sh: FAILED${current:+ in step $current} after $((SECONDS - started)) s" >&2
	fi
	exit "$status"
}
trap finish EXIT

# step NAME says what is about to happen and runs the function of that name.
step() {
	local began=$SECONDS
	current=$1
	printf '\n==> %s\n' "$1"
	"step_$1"
	printf '==> %s: ok (%d s)\n' "$1" $((SECONDS - began))
	current=
}

fail() {
	echo "test.sh: $*" >&2
	return 1
}

# at_once is how many tests run side by side: most of them wait most of the time.
at_once() {
	echo $((2 * $(getconf _NPROCESSORS_ONLN)))
}

# packages lists all Go packages but those whose tests have steps of their own.
packages() {
	go list ./... | grep -vE '^spool/(e2e|faults)$'
}

step_install() {
	command -v node >/dev/null || fail "node (20 or newer) is missing: install it, then run this again"
	install_node_modules e2e
	find_chromium >/dev/null || install_chromium
	echo "browser: $(find_chromium)"
	go mod download
}

# install_node_modules FOLDER: a stamp tells which lockfile its node_modules were made from.
install_node_modules() {
	local stamp=$1/node_modules/.installed-from.json
	if cmp -s "$1/package-lock.json" "$stamp"; then
		echo "$1/node_modules: already of this package-lock.json"
		return
	fi
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund)
	cp "$1/package-lock.json" "$stamp"
}

find_chromium() {
	[[ -n ${CHROMIUM:-} ]] && echo "$CHROMIUM" && return
	command -v chromium || command -v chromium-browser || command -v google-chrome
}

install_chromium() {
	local problem="Chromium is missing, and the page's tests need it"
	[[ $EUID -eq 0 ]] && command -v apt-get >/dev/null ||
		fail "$problem: install it (Debian: apt-get install chromium), or set CHROMIUM to its path"
	echo "$problem: installing it"
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium
}

step_format() {
	local unformatted
	unformatted=$(find . -name node_modules -prune -o -name '*.go' -print0 | xargs -0 gofmt -l)
	[[ -z $unformatted ]] || fail "not formatted (run: just fmt):"$'\n'"$unformatted"
}

# The second run compiles everything for a system where the Linux-only parts
# have their other implementation.
step_vet() {
	go vet ./...
	GOOS=darwin go vet ./...
}

step_modules() {
	go mod verify
}

step_staticcheck() {
	go run "$staticcheck" ./...
}

step_unit() {
	local list
	list=$(packages)
	# shellcheck disable=SC2086 # one word for each package
	go test -race -shuffle=on -count=1 -timeout=15m -parallel="$(at_once)" $list
}

# The React package: its types, its tests with both versions of React and with the server, its
# size, and what its users get.
step_react() {
	command -v node >/dev/null || fail "node (20 or newer) is missing: install it, then run this again"
	install_node_modules clients/react
	install_node_modules clients/react/test/react18
	go build -o "$tmp/spool" .
	(cd clients/react && npm run --silent check && SPOOL_BINARY=$tmp/spool npm test --silent && ./test-package.sh)
}

# The chat page: its types, its pure parts, and whether the bundle that is committed is what its
# sources give.
step_web() {
	command -v node >/dev/null || fail "node (20 or newer) is missing: install it, then run this again"
	install_node_modules web
	(cd web && npm run --silent check && npm test --silent)
}

# Each target for some seconds: enough to run its corpus and to notice a
# target that does not work any more. `just fuzz` takes longer. A number of
# inputs, because a duration now and then ends in "context deadline exceeded"
# with nothing found (go.dev/issue/75804).
step_fuzz() {
	local file name found=0
	while IFS=: read -r file name; do
		found=$((found + 1))
		echo "fuzz $name in ${file%/*}"
		go test -run='^$' -fuzz="^$name\$" -fuzztime="${FUZZTIME:-15000x}" "${file%/*}" </dev/null
	done < <(fuzz_targets)
	((found > 0)) || fail "no fuzz target was found"
}

fuzz_targets() {
	grep -rHoE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . |
		sed 's/:func /:/' | sort
}

# Servers that are killed, cut off, filled up and damaged, a few times each.
# `just faults` does it many times.
step_faults() {
	if [[ $(uname) != Linux ]]; then
		echo "these tests read /proc: there are none for $(uname)"
		return
	fi
	go test -race -count=1 -timeout="${FAULTS_TIMEOUT:-5m}" ./faults
}

# The real CLI against a stand-in API, once with the page in a browser. Where we
# may, in a network namespace with loopback alone, so that it is proven to reach
# nothing else.
step_e2e() {
	local binary=$tmp/e2e.test browser command
	if [[ $(uname) != Linux ]]; then
		echo "these tests read /proc: there are none for $(uname)"
		return
	fi
	browser=$(find_chromium) || fail "no browser: run ./test.sh install"
	go vet ./e2e
	go test -c -race -o "$binary" ./e2e
	command="cd e2e && CHROMIUM='$browser' exec '$binary' -test.shuffle=on -test.timeout=10m"
	if [[ $EUID -eq 0 ]] && command -v ip >/dev/null && unshare -n true 2>/dev/null; then
		echo "in a network namespace with loopback alone"
		unshare -n bash -c "ip link set lo up && $command"
	else
		echo "without a network namespace (that takes root, ip and unshare)"
		bash -c "$command"
	fi
}

# The pages in a real browser, the script clients, and the AsyncAPI document
# as its parser reads it.
step_page() {
	local tests browser
	browser=$(find_chromium) || fail "no browser: run ./test.sh install"
	mapfile -t tests < <(find e2e -name node_modules -prune -o -name '*.test.mjs' -print | sort)
	((${#tests[@]} > 0)) || fail "no test was found in e2e"
	go build -o "$tmp/spool" .
	SPOOL_BINARY=$tmp/spool CHROMIUM=$browser node --test --test-concurrency=3 --test-reporter=spec "${tests[@]}"
}

main() {
	local steps=("$@") name
	((${#steps[@]} > 0)) || steps=("${all_steps[@]}")
	for name in "${steps[@]}"; do
		[[ " ${all_steps[*]} " == *" $name "* ]] || fail "no step is called $name; the steps are: ${all_steps[*]}"
	done
	for name in "${steps[@]}"; do step "$name"; done
	printf '\ntest.sh: ok: %s (%d s)\n' "${steps[*]}" $((SECONDS - started))
}

main "$@"
