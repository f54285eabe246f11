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

# Two things keep wscat from losing output. It leaves when its stdin ends, so its stdin is
# a pipe that this script holds open from both sides. And when it leaves it forgets what a
# pipe has not taken yet, so its stdout is a file, which takes everything at once.
dir=$(mktemp -d) || exit 1
mkfifo "$dir/in" && exec 3<>"$dir/in" 4>"$dir/out" 5<"$dir/out" || exit 1
rm -r "$dir"

# -w -1: stay until the server closes. Without it wscat leaves two seconds after sending.
"$wscat" --connect "$url" -w -1 -x "$payload" <&3 >&4 &
pid=$!
trap 'kill "$pid" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=1
frame() {
  case $1 in
    '{"info":'*) ;;
    '{"stderr":'*) printf '%s\n' "$1" >&2 ;;
    '{"error":'*)
      printf '%s\n' "$1" >&2
      status=$(error_status "$1")
      ;;
    *)
      printf '%s\n' "$1"
      if [[ $1 == '{"type":"result",'*'"is_error":false'* ]]; then status=0; fi
      ;;
  esac
}

error_status() {
  case $1 in
    *'"code":"TIMEOUT_'*) echo 3 ;;
    *'"code":"INVALID_'* | *'"code":"FORBIDDEN_OPTION"'* | *'"code":"PROMPT_TIMEOUT"'*) echo 2 ;;
    *) echo 1 ;;
  esac
}

# Follow the file until wscat is gone. Whether it is gone is asked before reading, so that
# its last words are read; a line that is not yet whole waits in `start` for its rest.
start=''
gone=''
until [ "$gone" ]; do
  kill -0 "$pid" 2>/dev/null || gone=yes
  while IFS= read -r line <&5; do
    frame "$start$line"
    start=''
  done
  start+=$line
  [ "$gone" ] || sleep 0.1
done
exit "$status"
