#!/usr/bin/env bash
# lint.sh BUILDDIR: clang-format, the floors check, and clang-tidy on every .cc (a file that was clean before, with the
# same text, headers and settings, is not read again: stamps lie in the user's cache folder).
set -euo pipefail
build=$1
status=0

mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.h' '*.cc')
if ! clang-format --dry-run --Werror "${sources[@]}" 2>/tmp/drydock-format.$$; then
  grep -E 'error|warning' /tmp/drydock-format.$$ | head -n 20
  echo "lint: run ./dev format"
  status=1
fi
rm -f /tmp/drydock-format.$$

tests/check_floors.py || status=1

stamps=${XDG_CACHE_HOME:-$HOME/.cache}/drydock-tidy
mkdir -p "$stamps"
# One hash of everything that every file can see: our headers and the settings.
common=$(git ls-files --cached --others --exclude-standard '*.h' .clang-tidy CMakeLists.txt cmake/folders.cmake | sort | xargs sha256sum | sha256sum | cut -c1-64)
tidy_one() {
  local file=$1 stamp
  stamp=$stamps/$(printf '%s %s' "$common" "$(sha256sum <"$file")" | sha256sum | cut -c1-64)
  [ -e "$stamp" ] && return 0
  if clang-tidy --quiet -p "$build" "$file" 2>/dev/null >"/tmp/drydock-tidy.$$.$BASHPID"; then
    touch "$stamp"
  else
    cat "/tmp/drydock-tidy.$$.$BASHPID"
    rm -f "/tmp/drydock-tidy.$$.$BASHPID"
    return 1
  fi
  rm -f "/tmp/drydock-tidy.$$.$BASHPID"
}
export -f tidy_one
export stamps common build
# Only what the build compiles; the tests follow looser habits (fixtures, deliberate bad input) and are left out.
git ls-files --cached --others --exclude-standard '*.cc' ':!tests' |
  xargs -P "$(nproc)" -I{} bash -c 'tidy_one {}' || status=1
[ "$status" = 0 ] && echo "lint: clean"
exit "$status"
