# Holds one container of a pod, so that it outlives the daemon.
#   shim.sh hold PROCESSES UNSHARE DIRECTORY COMMAND [ARGUMENT...]
# runs in the attempt's own directory and leaves there:
#   alive  a FIFO that has a writer as long as this shim lives: its end-of-file is how the daemon hears of the end
#   pid    process id, start time and boot of the container, linked into place before it becomes the command
#   exit   the exit code, and `OOMKilled` behind it where memory ran out
# A file `pid` that is there already means that somebody gave this start up: then the command never runs.
# It finds there:
#   cgroups  lines `join FILE` and `events FILE`: what the container is written into, and where a lack of memory shows
#   mounts   what is mounted into `root`, which becomes the container's root; UNSHARE is `-` where there is none
#   fixed    what of it may not be written to: lines `OPTIONS PATH`
#   input    a FIFO to read from, for a container that is to have an input; with `once` beside it, somebody holds its
#            other end already, and it ends when they let go

# PROCESSES is the command whose children are in the container's PID namespace, which it is not in itself; `-`: there is none.
hold() {
  processes=$1
  shift
  if [ "$processes" = - ]; then tend - "$@"; else exec $processes /bin/sh "$0" leave tend + "$@"; fi
}

# What the first process of a PID namespace starts is all that the namespace has; so it starts the shim, and goes.
leave() {
  /bin/sh "$0" "$@" &
}

tend() {
  namespace=$1
  shift
  command -p mkfifo alive || exit 1
  exec 9<>alive
  # A handler and not '': what is ignored here would stay ignored in the container.
  trap : HUP INT TERM
  # Standard error is the log; what the shell itself has to say of a signal does not belong there.
  exec 8>&2 2>/dev/null
  # Opened for both, so that it never ends, whoever writes and goes.
  if [ -e once ]; then exec <input; elif [ -p input ]; then exec <>input; fi
  if [ "$namespace" = - ]; then command -p setsid /bin/sh "$0" become "$@"; code=$?; else attend "$@"; fi
  # What the container left behind in its group ends with it.
  if [ "$namespace" = - ]; then read -r group _ <pid; else group=$child; fi
  [ "${group:-0}" -gt 1 ] && kill -s KILL -- "-$group" 2>/dev/null
  if [ "$code" = 137 ] && ran_out_of_memory; then printf '137 OOMKilled\n' >exit; else printf '%s\n' "$code" >exit; fi
}

# As process 1 of a namespace it hears what is meant for the container: `kill 1` ends that. A child in the background does not
# keep a shell from it, but is given input from nowhere, and made to ignore two signals.
attend() {
  exec 7<&0
  command -p setsid /usr/bin/env --default-signal=INT,QUIT /bin/sh "$0" become "$@" <&7 7<&- &
  child=$!
  exec 7<&-
  for signal in HUP INT QUIT TERM USR1 USR2; do trap "told=1; kill -s $signal -- -$child 2>/dev/null" "$signal"; done
  # A signal ends the waiting, with a code of its own, and the container may have ended too before anybody can look.
  code=
  while
    told=
    wait "$child"
    ended=$?
    # 127: nothing is left to wait for, so the code before was the container's.
    [ -n "$code" ] && [ "$ended" = 127 ] || code=$ended
    [ -n "$told" ] && [ "$code" -gt 128 ]
  do :; done
}

# shim.sh share PROCESSES: begins a namespace that the containers of a pod share; its process 1 is recorded in the file `pid`.
share() {
  exec $1 /bin/sh "$0" leave rest
}

rest() {
  record
  (printf 'started\n')
  while :; do
    command -p sleep 2147483647 &
    wait
  done
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

# By the number that the machine knows it by; `$$` may be another.
record() {
  read -r stat </proc/self/stat
  read -r boot </proc/sys/kernel/random/boot_id
  process=${stat%% *}
  # The command's name may hold spaces and parentheses; the fields begin after the last of them.
  set -- ${stat##*) }
  printf '%s %s %s\n' "$process" "${20}" "$boot" >pid.new
  command -p ln pid.new pid 2>/dev/null || exit 125
}

become() {
  exec 2>&8 8>&-
  record
  join cgroups
  isolate "$@"
}

# shim.sh beside CGROUPS COMMAND [ARGUMENT...]: a command that is to count as the container's.
beside() {
  join "$1"
  shift
  exec "$@"
}

join() {
  [ -e "$1" ] || return 0
  while read -r what file; do [ "$what" = join ] && { echo 0 >"$file" || exit 125; }; done <"$1"
}

isolate() {
  unshare=$1
  shift
  [ "$unshare" = - ] || exec $unshare /bin/sh "$0" enter "$@"
  run "$@"
}

enter() {
  (PATH=/usr/sbin:/usr/bin:/sbin:/bin && mount -a -T mounts && fix && cd root && pivot_root . . && umount -l .) >&2 || exit 125
  run "$@"
}

# What cannot be reached does not have to be fixed, nor what is gone by now.
fix() {
  [ -e fixed ] || return 0
  while read -r options path; do
    [ ! -w "$path" ] || mount -o "remount,bind,$options" "$path" || [ ! -w "$path" ] || return 1
  done <fixed
}

run() {
  cd -- "$1" || exit 126
  shift
  # In a process of its own: a daemon that is gone must not end the container by SIGPIPE.
  (printf 'started\n')
  exec "$@" >&2 9>&-
}

"$@"
