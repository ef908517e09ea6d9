#!/bin/sh
# Tests of ./lab itself, in a copy of it, with stand-ins for apt, dpkg, cmake, ninja and ctest that
# write down how they were called. Nothing is installed or built.
#
#   lab_test.sh SOURCE_ROOT
set -u
source_root=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0

# A checkout with a blank in its path.
tree="$work/a tree"
bin=$work/bin
calls=$work/calls
mkdir -p "$tree/scenarios/compare" "$bin"
cp "$source_root/lab" "$tree/lab"

# Only these tools exist inside: no git, no python, no sudo, no bash.
for tool in sh cat cp date dirname env flock grep head mkdir mv nproc readlink rm sed tail tee cmp \
  diff wc chmod sleep; do
  ln -s "$(command -v $tool)" "$bin/$tool"
done

stand_in() {
  {
    echo '#!/bin/sh'
    echo "echo \"$1 \$*\" >>'$calls'"
    cat
  } >"$bin/$1"
  chmod +x "$bin/$1"
}

# The world as the stand-ins see it; each test sets what it needs.
reset() {
  : >"$calls"
  rm -rf "$tree/build" "$tree/tests"
  stand_in id <<'END'
echo "${FAKE_UID:-0}"
END
  stand_in dpkg-query <<'END'
shift 3
for package in "$@"; do
  case " ${FAKE_MISSING:-} " in *" all "* | *" $package "*) ;; *) echo "installed $package" ;; esac
done
END
  stand_in apt-cache <<'END'
exit "${FAKE_APT_CACHE:-0}"
END
  stand_in apt-get <<'END'
echo "some words of apt"
exit "${FAKE_APT:-0}"
END
  stand_in cmake <<'END'
while [ "$1" != -B ]; do shift; done
mkdir -p "$2"
: >"$2/build.ninja"
echo "CMAKE_HOME_DIRECTORY:INTERNAL=$FAKE_TREE" >"$2/CMakeCache.txt"
for word in "$@"; do
  case $word in -D*=*) word=${word#-D}; echo "${word%%=*}:STRING=${word#*=}" >>"$2/CMakeCache.txt" ;; esac
done
END
  stand_in ninja <<'END'
mkdir -p "$2/bin"
printf '#!/bin/sh\nfor a in "$@"; do printf "<%%s>" "$a"; done; echo; exit 7\n' >"$2/bin/ledgerlab"
printf '#!/bin/sh\nprintf "%s"\n' "${FAKE_HASHES:-}" >"$2/bin/ledgerlab_hash"
chmod +x "$2/bin/ledgerlab" "$2/bin/ledgerlab_hash"
echo "[1/20] Building CXX object some.o"
[ "${FAKE_NINJA:-0}" = 0 ] || echo "some.cpp:1: error: no"
exit "${FAKE_NINJA:-0}"
END
  stand_in ctest <<'END'
mkdir -p "$2/Testing/Temporary"
echo "twins: caught 3 of 3" >"$2/Testing/Temporary/LastTest.log"
echo "100% tests passed, 0 tests failed out of 5"
exit "${FAKE_CTEST:-0}"
END
}

# lab [NAME=VALUE...] -- WORD...: runs it with that environment; leaves $out and $code.
lab() {
  out=$(PATH=$bin FAKE_TREE=$tree env "$@" </dev/null 2>&1)
  code=$?
}

check() {
  what=$1
  shift
  if ! "$@"; then
    echo "FAILED: $what (exit $code)"
    printf '%s\n' "$out" | sed 's/^/    /'
    failures=$((failures + 1))
  fi
}
code_is() { [ "$code" = "$1" ]; }
says() { printf '%s\n' "$out" | grep -qF -- "$1"; }
called() { grep -q -- "$1" "$calls"; }
not() { ! "$@"; }
last_line_is() { [ "$(printf '%s\n' "$out" | tail -n 1)" = "$1" ]; }

reset
lab "$tree/lab"
check "no word is a usage error" code_is 64
lab "$tree/lab" help
check "help is fine" code_is 0
check "help touches nothing" not called '^apt\|^cmake\|^ninja'
lab LEDGERLAB_JOBS=many "$tree/lab" build
check "jobs must be a number" code_is 64

# Forwarding: arguments and exit code as they are, the directory stays the caller's.
reset
lab "$tree/lab" run "a b.toml" --set 'x=1'
check "arguments arrive whole" says '<run><a b.toml><--set><x=1>'
check "the exit code is the binary's" code_is 7
check "with all installed apt is not called" not called '^apt'
check "the tests are not built for it" not called 'LEDGERLAB_TESTS=ON'
check "only the product is built" called 'ninja .* ledgerlab_cli$'
: >"$calls"
lab "$tree/lab" --version
check "options are forwarded too" says '<--version>'
check "a configured folder is not configured again" not called '^cmake'
mkdir -p "$work/elsewhere"
ln -s "$tree/lab" "$work/elsewhere/link to lab"
lab sh -c "cd / && '$work/elsewhere/link to lab' models"
check "through a link from another directory" says '<models>'
sed -i 's/^CMAKE_HOME.*/CMAKE_HOME_DIRECTORY:INTERNAL=elsewhere/' "$tree/build/release/CMakeCache.txt"
lab "$tree/lab" models
check "a folder configured for another tree is made anew" called '^cmake'

# The demo's packages, and whose they are not.
reset
lab FAKE_MISSING=all "$tree/lab" demo --seed 3
check "demo runs the comparison" says "<compare><$tree/scenarios/compare/families.toml><--seed><3>"
check "demo says what it installs" says 'installing Debian packages: g++ cmake'
check "demo installs without recommends" called '^apt-get -q install -y --no-install-recommends g++'
check "apt is not updated without need" not called '^apt-get -q update'
for package in clang libgtest-dev librapidcheck-dev libbenchmark-dev chromium libns3-dev \
  libsimgrid-dev python3 git; do
  check "demo does not install $package" not called "^apt-get.* $package\b"
done
reset
lab FAKE_MISSING="libfmt-dev libgtest-dev" "$tree/lab" demo
check "only what is missing is installed" called 'no-install-recommends libfmt-dev$'
reset
lab FAKE_MISSING=libfmt-dev FAKE_APT_CACHE=100 "$tree/lab" demo
check "unknown packages: the lists are fetched first" called '^apt-get -q update'
reset
lab FAKE_MISSING=libfmt-dev FAKE_APT=100 "$tree/lab" demo
check "apt failing is 'not available'" code_is 69
check "apt's words are shown" says 'some words of apt'
check "the command is named" says 'apt-get install --no-install-recommends libfmt-dev'
check "nothing is built then" not called '^ninja'
reset
lab FAKE_MISSING=libfmt-dev FAKE_UID=1000 "$tree/lab" demo
check "neither root nor sudo is 'not available'" code_is 69
check "then the command is named" says 'apt-get install --no-install-recommends libfmt-dev'
check "and apt-get not called" not called '^apt-get'
reset
stand_in sudo <<'END'
[ "$1" = -n ] && shift
exec "$@"
END
lab FAKE_MISSING=libfmt-dev FAKE_UID=1000 "$tree/lab" models
check "without a terminal sudo does not ask" called '^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get'
check "sudo serves" code_is 7
rm "$bin/sudo"
reset
lab FAKE_MISSING=all LEDGERLAB_NO_APT=1 "$tree/lab" models
check "LEDGERLAB_NO_APT leaves apt alone" not called '^apt'

# A failing build.
reset
lab FAKE_NINJA=1 "$tree/lab" models
check "a failing build is an internal fault" code_is 70
check "its errors are shown" says 'some.cpp:1: error: no'
check "its progress is not" not says 'Building CXX object some.o'
lab FAKE_NINJA=1 LEDGERLAB_VERBOSE=1 "$tree/lab" models
check "verbose shows all" says 'Building CXX object some.o'

# The tests.
reset
lab FAKE_MISSING="clang libfmt-dev libgtest-dev" "$tree/lab" test
check "test passes" code_is 0
check "test installs both sets" called 'no-install-recommends libfmt-dev libgtest-dev clang$'
check "test turns the tests on" called 'cmake.*LEDGERLAB_TESTS=ON'
check "without tests/determinism it says so" says '**** SKIPPED'
check "the twins' count is shown" says 'caught 3 of 3'
check "the summary is last" last_line_is '100% tests passed, 0 tests failed out of 5'
lab FAKE_CTEST=8 "$tree/lab" test -R raft
check "failing tests fail" code_is 1
check "arguments go to ctest" called '^ctest .* -R raft$'
lab "$tree/lab" soak
check "soak is a label" called '^ctest .*--no-tests=error.* -L soak'

mkdir -p "$tree/tests/determinism"
: >"$tree/tests/determinism/CMakeLists.txt"
printf '# plan, hash\na\tb\nc\td\n' >"$tree/tests/determinism/golden.tsv"
lab FAKE_HASHES='# rows\na\tb\nc\td\n' "$tree/lab" test
check "equal hashes pass" code_is 0
for build in clang debug asan; do
  check "hashes of $build are compared" says "hashes of $build: 2 of 2"
done
lab FAKE_HASHES='a\tb\nc\te\n' "$tree/lab" test
check "one other hash fails" code_is 1
check "and is shown" says '+c	e'
check "the last line tells" last_line_is 'lab test: FAILED'
lab FAKE_HASHES='a\tb\n' "$tree/lab" test
check "a hash too few fails" code_is 1
: >"$tree/tests/determinism/golden.tsv"
lab FAKE_HASHES='' "$tree/lab" test
check "no hashes at all fail" code_is 1

if [ $failures -eq 0 ]; then echo "lab_test: passed"; else echo "lab_test: $failures failed"; fi
[ $failures -eq 0 ]
