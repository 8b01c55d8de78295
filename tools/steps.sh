# Sourced by scripts that run steps with a time limit: `passed` and `failed` hold their names afterwards.
failed=()
passed=()
child=

# In the background, because a shell handles a signal only while it waits, not while a command runs.
step() { # NAME SECONDS COMMAND...: the command's output, then its result and duration
  local name=$1 seconds=$2 began=$SECONDS status=0
  shift 2
  echo "== $name"
  timeout --kill-after=30 "$seconds" "$@" </dev/null &
  child=$!
  wait "$child" || status=$?
  child=
  verdict "$name" "$status" $((SECONDS - began))
}

quiet_step() { # NAME SECONDS COMMAND...: one line; the command's output only if it failed
  local name=$1 seconds=$2 began=$SECONDS status=0 output
  shift 2
  output=$(timeout --foreground --kill-after=30 "$seconds" "$@" </dev/null 2>&1) || status=$?
  [ "$status" -eq 0 ] || printf '%s\n' "$output"
  verdict "$name" "$status" $((SECONDS - began))
}

verdict() { # NAME STATUS SECONDS
  case $2 in
    0) passed+=("$1"); echo "   ok      $1, $3 s" ;;
    124 | 137) failed+=("$1"); echo "   FAILED  $1: stopped after $3 s" ;;
    *) failed+=("$1"); echo "   FAILED  $1: exit status $2 after $3 s" ;;
  esac
}
