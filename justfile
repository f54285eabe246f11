# `just` lists the recipes. Each is one command: without just, type the command.

# Everything but the fault suite, and the end-to-end tests, which need what `./test.sh install` fetches.
packages := "$(go list ./... | grep -vE '^spool/(e2e|faults)$')"

# List the recipes
default:
    @just --list

# Format all Go files
fmt:
    go fmt ./...

# Report suspicious constructs
vet:
    go vet ./...

# All linters of .golangci.yml (the first time builds the tool: some minutes)
lint:
    go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

# The fast tests
test *args:
    go test -shuffle=on {{ args }} {{ packages }}

# The same under the race detector, never from the cache
race:
    ./test.sh unit

# Every fuzz target for a while: just fuzz 5000000x
fuzz inputs="500000x":
    FUZZTIME={{ inputs }} ./test.sh fuzz

# The fault suite in full: hundreds of killed servers and cut connections (about 20 minutes)
faults:
    FAULTS=full FAULTS_TIMEOUT=60m ./test.sh faults

# The tests of load at their full sizes: 1 GiB to who reads nothing, 10,000 runs, minutes of many sockets
load:
    FULL_LOAD=1 go test -count=1 -timeout=60m -v -run 'TestL0|TestN03Slow|TestN08' .

# Measure Spool beside its peers (most of an hour, on a quiet machine; just bench -quick tries it)
bench *args:
    go run ./bench {{ args }}

# Coverage by function
cover:
    go test -coverprofile=cover.out {{ packages }} && go tool cover -func=cover.out

# Serve with the real agent: just run --listen 127.0.0.1:4000
run *args:
    go run . {{ args }}

# Serve with the stand-in agent: no login needed
demo *args:
    go run . --demo {{ args }}

# The React package
react:
    ./test.sh react

# The chat page: types, tests, and whether web/dist is what web/src gives
web:
    ./test.sh web

# Build the chat page anew
web-build:
    cd web && npm ci --ignore-scripts --no-audit --no-fund && npm run build

# The real CLI and the pages in a browser
e2e:
    ./test.sh install e2e page

# What CI runs
check:
    ./test.sh
