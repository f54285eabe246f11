#!/usr/bin/env bash
# Run one prompt on a Spool server and print the agent's output line by line.
#
#     client.sh PROMPT [META]
#     client.sh URL PROMPT META
#
# Lines go to stdout; the agent's stderr and errors go to stderr, as JSON. Exit status:
# 0 done, 1 failed, 2 input refused, 3 timeout. Ctrl-C ends the run. Needs bash 4.4 and curl 7.71.
#
# The run is started as one that goes on by itself, and followed as server-sent events. Each
# line is an event whose id is the line's number. A lost connection costs nothing: the
# script comes back and asks for what is behind the last number that it has.
set -u
LC_ALL=C # bytes, whatever they mean

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

if [ $# -lt 1 ] || [ $# -gt 3 ]; then usage; fi
url=http://127.0.0.1:3000
if [ $# -eq 3 ]; then
  url=${1%/}
  shift
fi

# A connection on which nothing comes is probed by the system: its other end may be gone.
curl=(curl --silent --show-error --no-buffer --connect-timeout 10 --keepalive-time 10)

# quote writes a JSON string. Other control characters than these are refused by the server.
quote() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"} text=${text//$'\n'/\\n} text=${text//$'\r'/\\r} text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}

# Start the run. An answer may get lost: with the key, the same request once more is the
# same run.
key=client.sh-$$-$(date +%s)-$RANDOM$RANDOM
answer=$(printf '{"prompt":%s,"meta":%s}' "$(quote "$1")" "$(quote "${2-TASK-123}")" |
  "${curl[@]}" --retry 2 --retry-all-errors --header "Idempotency-Key: $key" --data-binary @- --write-out '\n%{http_code}' "$url/api/runs") || exit 1
code=${answer##*$'\n'}
if [ "$code" != 202 ]; then
  printf '%s\n' "${answer%$'\n'*}" >&2
  case $code in 400 | 413) exit 2 ;; *) exit 1 ;; esac
fi
[[ $answer =~ \"run\":\"(run_[a-z2-7]+)\" ]] || exit 1
run=${BASH_REMATCH[1]}

# Whoever leaves early ends the run.
status=''
leave() {
  [ "$status" ] || "${curl[@]}" --request POST --output /dev/null "$url/api/runs/$run/abort"
  [ -z "${reader-}" ] || kill "$reader" 2>/dev/null
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

last=0     # number of the last line that was printed
warnings=0 # how many lines of stderr were printed

# event takes one event: its id, its name, its data.
event() {
  case $2 in
    '' | encoded) # an agent's line; encoded, if it has a carriage return in it
      if [ "$2" ]; then
        local text=${3#\"}
        text=${text%\"} text=${text//\\\"/\"}
        printf '%b\n' "$text" || exit 1
      else
        printf '%s\n' "$3" || exit 1
      fi
      last=$1
      ;;
    stderr) # all of it comes again on each connection
      if [ $((came += 1)) -gt "$warnings" ]; then
        printf '%s\n' "$3" >&2
        warnings=$came
      fi
      ;;
    end | error)
      case $3 in
        *'"state":"succeeded"'*) status=0 ;;
        *'"state":"timed_out"'*) status=3 ;;
        *) status=1 ;;
      esac
      [ "$status" = 0 ] || printf '%s\n' "$3" >&2
      ;;
  esac
}

# follow prints what one connection brings. An event counts when the empty line behind it
# has come.
follow() {
  local id='' name='' data='' line
  came=0
  exec 3< <(exec "${curl[@]}" --header 'Accept: text/event-stream' --header "Last-Event-ID: $last" "$url/api/runs/$run/lines")
  reader=$!
  while IFS= read -r line <&3 || [ "$line" ]; do
    case $line in
      'id: '*) id=${line#id: } ;;
      'event: '*) name=${line#event: } ;;
      'data: '*) data=given${line#data: } ;;
      '')
        [ -z "$data" ] || event "$id" "$name" "${data#given}"
        name='' data=''
        ;;
      '{"error":'*'"DRAINING"}' | '{"error":'*'"OVERLOADED"}') ;; # not now
      '{"error":'*) # not ever
        printf '%s\n' "$line" >&2
        status=1
        ;;
    esac
  done
  exec 3<&-
  wait "$reader"
}

attempts=0 # in vain, one after the other
until [ "$status" ]; do
  before=$last
  follow
  [ "$last" = "$before" ] || attempts=0
  if [ -z "$status" ]; then
    [ $((attempts += 1)) -le 40 ] || exit 1
    echo 'the connection was lost: connecting again' >&2
    sleep "$([ "$attempts" -le 3 ] && echo 0.3 || echo 2)"
  fi
done
exit "$status"
