#!/bin/sh
# Tries a clean clone on a fresh Debian 12: a debootstrap minbase root in a folder of its own, with
# neither git, cmake, python3, sudo nor xz, where `./lab WORD` runs and every step is timed.
#
#   fresh_root.sh [WORD...]      the words of lab, in order (default: build demo); a word may carry
#                                arguments: fresh_root.sh "test -R raft"
#
# Needs root, debootstrap and git here. The packages come from where this machine's apt gets its own.
#   FRESH_ROOT_CACHE   where the base root is kept between tries (default: build/fresh-root)
#   FRESH_ROOT_KEEP=1  leaves the tried root there, as `tried`
#   FRESH_ROOT_FROM    the repository to clone (default: this one); only what is committed is tried
#   FRESH_ROOT_CCACHE  a ccache folder of this machine to compile with: hits where the compilers are
#                      the same. Then the seconds say little of a user's machine
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
if [ "${FRESH_ROOT_INSIDE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || { echo "fresh_root: needs root (chroot, mount)" >&2; exit 69; }
  for tool in debootstrap git unshare chroot tar; do
    command -v $tool >/dev/null || { echo "fresh_root: $tool is missing here" >&2; exit 69; }
  done
  # In a mount namespace of its own no mount can be left behind, whatever happens.
  FRESH_ROOT_INSIDE=1 exec unshare --mount "$here/tests/install/fresh_root.sh" "$@"
fi

[ $# -gt 0 ] || set -- build demo
cache=${FRESH_ROOT_CACHE:-$here/build/fresh-root}
from=${FRESH_ROOT_FROM:-$here}
mkdir -p "$cache"
tried=$cache/tried
timings=$cache/timings.txt
: >"$timings"

# timed NAME COMMAND...: remembers the seconds and the exit code; never ends the script.
timed() {
  name=$1
  shift
  begin=$(date +%s)
  code=0
  "$@" || code=$?
  printf '%-24s %6d s   exit %d\n' "$name" $(($(date +%s) - begin)) "$code" >>"$timings"
  return 0
}

if [ ! -f "$cache/base.tar" ]; then
  # shellcheck disable=SC2016 # apt's own placeholders
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Identifier: Packages' |
    sed -n 's/^bookworm //p' | head -n 1)
  [ -n "$mirror" ] || { echo "fresh_root: apt here knows no bookworm archive" >&2; exit 69; }
  rm -rf "$cache/base"
  timed "debootstrap" debootstrap --variant=minbase bookworm "$cache/base" "$mirror"
  tar -C "$cache/base" -cf "$cache/base.tar.part" .
  mv "$cache/base.tar.part" "$cache/base.tar"
  rm -rf "$cache/base"
fi

rm -rf --one-file-system "$tried"
mkdir "$tried"
tar -C "$tried" -xf "$cache/base.tar"

# The archives, keys and proxies of this machine's apt, and its way to the network.
rm -rf "$tried/etc/apt"
cp -a /etc/apt "$tried/etc/apt"
cp -a /usr/share/keyrings/. "$tried/usr/share/keyrings/"
cp -L /etc/resolv.conf /etc/hosts "$tried/etc/"
if [ -d /etc/ssl/certs ]; then
  mkdir -p "$tried/etc/ssl/certs"
  cp -aL /etc/ssl/certs/. "$tried/etc/ssl/certs/" 2>/dev/null || true
fi

# A blank in the path, on purpose. The clone is made out here: there is no git inside.
home="/srv/lab rat"
mkdir -p "$tried$home"
git clone -q --no-local "$from" "$tried$home/ledgerlab"
commit=$(git -C "$tried$home/ledgerlab" rev-parse --short HEAD)
if [ -d "$here/../shared" ]; then
  cp -rL "$here/../shared" "$tried$home/shared"
fi

mount --make-rprivate /
mount -t proc proc "$tried/proc"
mount --rbind /dev "$tried/dev"

# What is missing inside is the point: say it, so that a fat base root is noticed.
for tool in git cmake python3 sudo xz g++ ninja; do
  chroot "$tried" /bin/sh -c "command -v $tool" >/dev/null && echo "fresh_root: has $tool already"
done

if [ -n "${FRESH_ROOT_CCACHE:-}" ]; then
  chroot "$tried" /bin/sh -c 'apt-get update && apt-get install -y --no-install-recommends ccache' \
    >"$cache/ccache.log" 2>&1 || { echo "fresh_root: no ccache, see $cache/ccache.log" >&2; exit 69; }
  mkdir "$tried/ccache"
  mount --bind "$FRESH_ROOT_CCACHE" "$tried/ccache"
fi

inside() {
  # shellcheck disable=SC2016,SC2086 # expanded inside; the words may carry arguments
  chroot "$tried" /usr/bin/env -i HOME=/root TERM=dumb CI=true LC_ALL=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${LEDGERLAB_JOBS:+LEDGERLAB_JOBS="$LEDGERLAB_JOBS"} \
    ${FRESH_ROOT_CCACHE:+CCACHE_DIR=/ccache CCACHE_BASEDIR="$home" CCACHE_NOHASHDIR=1} \
    /bin/sh -c 'cd "$0/ledgerlab" && exec ./lab "$@"' "$home" $1 </dev/null
}

for word in "$@"; do
  echo "== ./lab $word"
  timed "./lab $word" inside "$word"
done

echo "== a fresh Debian $(cat "$tried/etc/debian_version"), clone of $commit, $(nproc) cores"
cat "$timings"
if [ "${FRESH_ROOT_KEEP:-}" != 1 ]; then
  umount -R "$tried/dev" "$tried/proc"
  [ -z "${FRESH_ROOT_CCACHE:-}" ] || umount "$tried/ccache"
  rm -rf --one-file-system "$tried"
fi
! grep -qv 'exit 0$' "$timings"
