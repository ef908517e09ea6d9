#!/bin/sh
# Compiles the Solidity contracts with the one compiler their bytecode in this folder came from.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund solc@0.8.26 >/dev/null
node "$here/compile.mjs"
