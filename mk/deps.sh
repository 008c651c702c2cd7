#!/bin/sh
# Installs what building, the demo and the tests need (Debian 12), or the packages named, or says how.
set -eu
packages="gcc clang make python3 gfortran pkg-config libc6-dev libxxhash-dev libcjson-dev libcriterion-dev
libopenblas-dev libopenblas0-pthread libopenblas64-0-pthread liblapacke-dev libblas3 liblapack3 libblas-test liblapack-test
python3-numpy python3-scipy python3-sklearn python3-joblib python3-pytest python3-hypothesis python3-venv python3-pip
python3-matplotlib r-base-core octave valgrind clang-format clang-tidy cppcheck"
packages=${*:-$packages}
missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing
else
    echo "Some packages are missing. Please run, then try again:" >&2
    echo "  sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
