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
gotestsum=gotest.tools/gotestsum@v1.13.0

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

# go_test PACKAGE... FLAG... runs Go tests. Many of them hold a real server to times of the
# clock, which a machine that does something else for a moment can break: the few that fail
# run once more, and are listed at the end of the step if they pass then. A data race is never
# given a second chance, nor what a package finds when its tests have ended, such as a leak: to
# run that again runs no test, and finds nothing.
go_test() {
	local packages=() report=$tmp/rerun.txt events=$tmp/events.json leaky
	while (($# > 0)) && [[ $1 != -* ]]; do packages+=("$1") && shift; done
	install_gotestsum
	rm -f "$report"
	"$tmp/gotestsum" --format=pkgname --packages="${packages[*]}" --rerun-fails=1 --rerun-fails-max-failures=8 \
		--rerun-fails-run-root-test --rerun-fails-abort-on-data-race --rerun-fails-report="$report" \
		--jsonfile-timing-events="$events" -- -race -count=1 "$@"
	leaky=$(comm -23 <(failed_packages "$events" -v) <(failed_packages "$events" -e))
	[[ -z $leaky ]] || fail "failed outside of every test, see above: $leaky"
	[[ ! -s $report ]] || { echo "passed only when run again, mend them:" && cat "$report"; }
}

# failed_packages FILE -e|-v lists packages that failed in a test, or as a whole.
failed_packages() {
	grep '"Action":"fail"' "$1" | grep "$2" '"Test":' | sed 's/.*"Package":"\([^"]*\)".*/\1/' | sort -u
}

install_gotestsum() {
	[[ -x $tmp/gotestsum ]] || GOBIN=$tmp go install "$gotestsum"
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
	go_test $list -shuffle=on -timeout=15m -parallel="$(at_once)"
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
	go_test ./faults -timeout="${FAULTS_TIMEOUT:-5m}"
}

# The real CLI against a stand-in API, once with the page in a browser. Where we
# may, in a network namespace with loopback alone, so that it is proven to reach
# nothing else.
step_e2e() {
	local tests=(./e2e -shuffle=on -timeout=10m)
	if [[ $(uname) != Linux ]]; then
		echo "these tests read /proc: there are none for $(uname)"
		return
	fi
	CHROMIUM=$(find_chromium) || fail "no browser: run ./test.sh install"
	export CHROMIUM
	install_gotestsum
	if [[ $EUID -eq 0 ]] && command -v ip >/dev/null && unshare -n true 2>/dev/null; then
		echo "in a network namespace with loopback alone"
		export -f go_test failed_packages install_gotestsum fail && export tmp
		unshare -n bash -euc 'ip link set lo up && go_test "$@"' bash "${tests[@]}"
	else
		echo "without a network namespace (that takes root, ip and unshare)"
		go_test "${tests[@]}"
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
	export -f node_test
	printf '%s\0' "${tests[@]}" |
		SPOOL_BINARY=$tmp/spool CHROMIUM=$browser xargs -0 -n1 -P3 bash -c 'node_test "$1"' bash
}

# node_test FILE: what fails is run once more, for the reason that go_test does.
node_test() {
	local again
	for again in "" "failed, once more: "; do
		echo "$again$1"
		node --test --test-reporter=spec "$1" && return
	done
	return 1
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
