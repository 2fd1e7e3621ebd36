# Holds one container of a pod, so that it outlives the daemon.
#   shim.sh hold UNSHARE DIRECTORY COMMAND [ARGUMENT...]
# runs in the attempt's own directory and leaves there:
#   alive  a FIFO that has a writer as long as this shim lives: its end-of-file is how the daemon hears of the end
#   pid    process id, start time and boot of the container, linked into place before it becomes the command
#   exit   the exit code, and `OOMKilled` behind it where memory ran out
# A file `pid` that is there already means that somebody gave this start up: then the command never runs.
# It finds there:
#   cgroups  lines `join FILE` and `events FILE`: what the container is written into, and where a lack of memory shows
#   mounts   what is mounted into `root`, which becomes the container's root; UNSHARE is `-` where there is none
#   input    a FIFO to read from, for a container that is to have an input; with `once` beside it, somebody holds its
#            other end already, and it ends when they let go

hold() {
  command -p mkfifo alive || exit 1
  exec 9<>alive
  # A handler and not '': what is ignored here would stay ignored in the container.
  trap : HUP INT TERM
  # Standard error is the log; what the shell itself has to say of a signal does not belong there.
  exec 8>&2 2>/dev/null
  # Opened for both, so that it never ends, whoever writes and goes.
  if [ -e once ]; then exec <input; elif [ -p input ]; then exec <>input; fi
  command -p setsid /bin/sh "$0" become "$@"
  code=$?
  # What the container left behind in its group ends with it, as in a PID namespace.
  read -r pid _ <pid && [ "$pid" -gt 1 ] && kill -s KILL -- "-$pid" 2>/dev/null
  if [ "$code" = 137 ] && ran_out_of_memory; then printf '137 OOMKilled\n' >exit; else printf '%s\n' "$code" >exit; fi
}

# Either the kernel counted it, or whoever watched left a note.
ran_out_of_memory() {
  [ -e oom ] && return 0
  [ -e cgroups ] || return 1
  while read -r what file; do
    [ "$what" = events ] || continue
    while read -r name count; do [ "$name" = oom_kill ] && [ "$count" -gt 0 ] && return 0; done <"$file"
  done <cgroups
  return 1
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
  if [ -e cgroups ]; then
    while read -r what file; do [ "$what" = join ] && { echo 0 >"$file" || exit 125; }; done <cgroups
  fi
  isolate "$@"
}

isolate() {
  unshare=$1
  shift
  [ "$unshare" = - ] || exec $unshare /bin/sh "$0" enter "$@"
  run "$@"
}

enter() {
  (PATH=/usr/sbin:/usr/bin:/sbin:/bin && mount -a -T mounts && cd root && pivot_root . . && umount -l .) >&2 || exit 125
  run "$@"
}

run() {
  cd -- "$1" || exit 126
  shift
  # In a process of its own: a daemon that is gone must not end the container by SIGPIPE.
  (printf 'started\n')
  exec "$@" >&2 9>&-
}

"$@"
