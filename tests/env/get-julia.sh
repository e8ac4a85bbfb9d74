#!/usr/bin/env bash
# Prints the path of a real Julia 1.5.3, which it unpacks into the cache folder (cache.sh) the first time: 10 s, 340 MB.
#
# The packages are those of Debian 11, the last Debian that had Julia, from the mirror that apt uses on this machine.
# They are unpacked, not installed: no root, and nothing outside the cache folder changes. Where they cannot be had
# it says why in one line and fails; it waits for the network for a few minutes at most.
set -euo pipefail
. "$(dirname "$0")/cache.sh"

no_julia() {
  say "no Julia: $*"
  exit 1
}

# Julia and the libraries that it links to or opens, but for the C and C++ libraries.
packages=(
  julia julia-common libjulia1 libllvm9 libopenlibm3 libdsfmt-19937-1 libutf8proc2 libunwind8 libgfortran5 libquadmath0
  libgmp10 libmpfr6 libpcre2-8-0 libgit2-1.1 libssh2-1 libhttp-parser2.9 libcurl3-gnutls libgcrypt20 libgpg-error0
  libmbedtls12 libmbedx509-0 libmbedcrypto3 libpcre3 libz3-4 libffi7 libedit2 libbsd0 libmd0 libtinfo6
)

unpack_julia() {
  local mirror=$1 keyring=$2 folder=$3
  say "Julia 1.5.3 goes to $folder; once"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages" "$folder/bin"
  echo "deb [signed-by=$keyring] $mirror bullseye main" >"$work/sources.list"
  cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::State::status "/dev/null";
Dir::Cache "$work/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
CONF
  timeout 180 apt-get -c "$work/apt.conf" -qq update >"$work/log" 2>&1 && ls "$work"/lists/*Packages* >/dev/null 2>&1 \
    || no_julia "the list of Debian 11 packages cannot be had: $(tail -n 1 "$work/log")"
  (cd "$work/packages" && timeout 300 apt-get -c "$work/apt.conf" -qq download "${packages[@]}") >"$work/log" 2>&1 \
    || no_julia "its packages cannot be had: $(tail -n 1 "$work/log")"
  for package in "$work"/packages/*.deb; do dpkg-deb --extract "$package" "$folder"; done
  cat >"$folder/bin/julia" <<'LAUNCHER'
#!/bin/sh
usr=$(dirname "$(dirname "$(readlink -f "$0")")")/usr
lib=$usr/lib/x86_64-linux-gnu
LD_LIBRARY_PATH=$lib:$lib/julia${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec "$usr/bin/julia" "$@"
LAUNCHER
  chmod +x "$folder/bin/julia"
  "$folder/bin/julia" --startup-file=no -e 'using LinearAlgebra, SparseArrays' >"$work/log" 2>&1 \
    || no_julia "it does not start: $(tail -n 1 "$work/log")"
}

julia=$cache/julia-1.5.3-$(key "" "$0")
if [ ! -e "$julia/complete" ]; then
  [ "$(uname -sm)" = "Linux x86_64" ] || no_julia "the packages are for Linux on x86-64"
  command -v apt-get dpkg-deb >/dev/null || no_julia "there is no apt here"
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$keyring" ] || no_julia "Debian's keys are not here ($keyring)"
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -m 1 -E '/debian/?$' || true)
  [ -n "$mirror" ] || no_julia "apt knows no Debian mirror"
  once "$julia" unpack_julia "$mirror" "$keyring"
fi
echo "$julia/bin/julia"
