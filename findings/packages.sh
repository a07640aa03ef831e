# Sourced by the scripts beside it.
#
# debian_root SUITE PACKAGE=VERSION...: installs the packages and what they depend on in a temporary folder, and leaves
# its path in $root. The system's own packages stay untouched. Needs root and mmdebstrap.
# in_root COMMAND...: runs a command in that folder's /tmp. The folder goes when the script ends.
# expect WHAT SEEN EXPECTED: prints what was seen, and ends the script where that has changed.

set -euo pipefail

debian_root()
{
    local suite=$1 log
    shift
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
    log=$root.log
    mmdebstrap --quiet --variant=apt --include="$(IFS=,; echo "$*")" "$suite" "$root" >"$log" 2>&1 && rm "$log" && return
    tail -5 "$log" >&2
    rm "$log"
    echo "cannot install $*" >&2
    exit 1
}

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 sh -ec "cd /tmp; $*"; }

expect()
{
    echo "$1: $2"
    [ "$2" = "$3" ] && return
    echo "has changed, before it was: $3" >&2
    exit 1
}
