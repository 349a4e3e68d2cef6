#!/usr/bin/env bash
# run.sh SECONDS: every fuzz target of build/fuzz for that long, from its committed seeds; new inputs are not kept.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
shopt -s nullglob
targets=(build/fuzz/bin/*_fuzz)
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: nothing in build/fuzz/bin; run ./dev fuzz" >&2; exit 1; }
for target in "${targets[@]}"; do
  name=$(basename "$target" _fuzz)
  scratch=$(mktemp -d)
  seeds=()
  [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
  echo "fuzz: $name"
  "$target" -max_total_time="$1" -rss_limit_mb=3000 -print_final_stats=1 "$scratch" "${seeds[@]}"
  rm -rf "$scratch"
done
