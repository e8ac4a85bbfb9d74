# Sourced by the scripts beside it. Things that are dear to make lie in a cache folder outside the checkout, so that a
# second checkout finds them. The folder may be deleted at any time.
cache=${SPECTRAPACK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/spectrapack}

say() { printf 'set-up: %s\n' "$*" >&2; }

# key TEXT FILE...: a short name for what the text and the files say.
key() {
  local text=$1
  shift
  { printf '%s\n' "$text"; cat "$@"; } | sha256sum | cut -c1-12
}

# once FOLDER COMMAND...: runs `COMMAND... FOLDER` unless an earlier run was complete. Others who want the same wait;
# what a run that failed left behind is removed.
once() {
  local folder=$1
  shift
  [ ! -e "$folder/complete" ] || return 0
  mkdir -p "$(dirname "$folder")"
  (
    flock 9
    [ ! -e "$folder/complete" ] || exit 0
    rm -rf "$folder"
    "$@" "$folder"
    touch "$folder/complete"
  ) 9>"$folder.lock"
}
