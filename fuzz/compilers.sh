#!/bin/sh
# compilers.sh BUILD WARNINGS: reads the headers with every compiler at hand, warnings as errors; where there is a compiler
# for ARM and qemu, replays the bundle there, over the code that takes the place of x86's. What is missing is named.
set -eu
build=$1
warnings=$2
flags="-std=c++17 -O2 -I../engine -I. -I$build"
has() { command -v "$1" >/dev/null; }

for compiler in g++ clang++ aarch64-linux-gnu-g++; do
  has "$compiler" || { echo "compilers: no $compiler here"; continue; }
  for file in replay.cpp sweep.cpp target.cpp; do
    $compiler $flags $warnings -Werror -fsyntax-only "$file"
  done
  echo "compilers: $compiler has no warning"
done

if has aarch64-linux-gnu-g++ && has qemu-aarch64-static; then
  aarch64-linux-gnu-g++ $flags -static replay.cpp -o "$build/replay-aarch64"
  qemu-aarch64-static "$build/replay-aarch64" "$build/cases.bundle" 1
else
  echo "compilers: not run on ARM (Debian: g++-aarch64-linux-gnu qemu-user-static)"
fi
