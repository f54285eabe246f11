#!/usr/bin/env bash
# Run one prompt on a Spool server and print the agent's output line by line.
#
#     client.sh PROMPT [META]
#     client.sh URL PROMPT META
#
# Lines go to stdout; the server's stderr and error frames go to stderr, as JSON. Exit
# status: 0 done, 1 failed, 2 input refused, 3 timeout. Needs wscat (npm install -g wscat).
#
# wscat tells a script neither the close code nor a lost connection. So the frames decide:
# an error frame says what failed, and without one the agent's own `result` line must say
# that it is well. An end with neither is a failure, never taken for success.
set -u

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

if [ $# -lt 1 ] || [ $# -gt 3 ]; then usage; fi
url=ws://127.0.0.1:3000/ws/claude
if [ $# -eq 3 ]; then
  url=$1
  shift
fi
wscat=${WSCAT:-wscat}
if ! command -v "$wscat" >/dev/null; then
  echo "client.sh: $wscat not found: npm install -g wscat" >&2
  exit 1
fi

# wscat runs on Node, so Node can write the JSON: no quoting by hand.
payload=$(node -e 'console.log(JSON.stringify({ prompt: process.argv[1], meta: process.argv[2] }))' \
  -- "$1" "${2-TASK-123}")

# wscat leaves when its stdin ends, and that stops the run. A pipe that this script holds
# open from both sides never ends.
hold=$(mktemp -d) || exit 1
mkfifo "$hold/pipe" && exec 3<>"$hold/pipe" || exit 1
rm -r "$hold"

# -w -1: stay until the server closes. Without it wscat leaves two seconds after sending.
exec 4< <("$wscat" --connect "$url" -w -1 -x "$payload" <&3)
trap 'kill "$!" 2>/dev/null' EXIT

status=1
while IFS= read -r line <&4; do
  case $line in
    '{"info":'*) ;;
    '{"stderr":'*) printf '%s\n' "$line" >&2 ;;
    '{"error":'*)
      printf '%s\n' "$line" >&2
      case $line in
        *'"code":"TIMEOUT_'*) status=3 ;;
        *'"code":"INVALID_'* | *'"code":"FORBIDDEN_OPTION"'* | *'"code":"PROMPT_TIMEOUT"'*) status=2 ;;
        *) status=1 ;;
      esac
      ;;
    *)
      printf '%s\n' "$line"
      if [[ $line == '{"type":"result",'*'"is_error":false'* ]]; then status=0; fi
      ;;
  esac
done
exit "$status"
