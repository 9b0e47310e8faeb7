#!/bin/sh
# SPDX-License-Identifier: MIT
# Every recipe of the cookbook must print what it says: run.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 1
case $1 in /*) build=$1 ;; *) build=$PWD/$1 ;; esac
exec python3 tests/cookbook/recipes.py "$build/linux/telex"
