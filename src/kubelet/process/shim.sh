# Holds one container of a pod, so that it outlives the daemon.
#   shim.sh hold DIRECTORY COMMAND [ARGUMENT...]
# runs in the attempt's own directory and leaves there:
#   alive  a FIFO that has a writer as long as this shim lives: its end-of-file is how the daemon hears of the end
#   pid    process id, start time and boot of the container, linked into place before it becomes the command
#   exit   the exit code
# A file `pid` that is there already means that somebody gave this start up: then the command never runs.

hold() {
  command -p mkfifo alive || exit 1
  exec 9<>alive
  # A handler and not '': what is ignored here would stay ignored in the container.
  trap : HUP INT TERM
  # Standard error is the log; what the shell itself has to say of a signal does not belong there.
  exec 8>&2 2>/dev/null
  command -p setsid /bin/sh "$0" become "$@"
  code=$?
  # What the container left behind in its group ends with it, as in a PID namespace.
  read -r pid _ <pid && [ "$pid" -gt 1 ] && kill -s KILL -- "-$pid" 2>/dev/null
  printf '%s\n' "$code" >exit
}

record() {
  read -r stat </proc/$$/stat
  read -r boot </proc/sys/kernel/random/boot_id
  # The command's name may hold spaces and parentheses; the fields begin after the last of them.
  set -- ${stat##*) }
  printf '%s %s %s\n' $$ "${20}" "$boot" >pid.new
  command -p ln pid.new pid 2>/dev/null || exit 125
}

become() {
  exec 2>&8 8>&-
  record
  cd -- "$1" || exit 126
  shift
  # In a process of its own: a daemon that is gone must not end the container by SIGPIPE.
  (printf 'started\n')
  exec "$@" >&2 9>&-
}

"$@"
