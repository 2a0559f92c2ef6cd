#!/bin/sh
# Installs the system packages that this package needs and the machine lacks: the headers of zlib, libzip, libjpeg,
# libpng, libwebp, giflib, libtiff and, on Linux, libcrypto, and the libraries behind Foundation's networking.
# `setup.sh mpi` adds MPI, Open MPI where there is none, `setup.sh checks` Python for the checks of sources and
# documentation, `setup.sh docs` what a virtual environment of Python needs, in which the documentation's site is made,
# `setup.sh dist` what packs a release for Debian, and `setup.sh arm64` what builds programs for arm64 and runs them
# elsewhere. With everything there it says and does nothing.
set -eu

fail() {
  printf 'setup: %s\n' "$1" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

compiler=clang
has clang || compiler=cc

# compiles LANGUAGE OPTION…: whether the program on standard input compiles and links.
compiles() {
  folder=$(mktemp -d)
  status=0
  language=$1
  shift
  "$compiler" -x "$language" - -o "$folder/probe" "$@" >/dev/null 2>&1 || status=1
  rm -rf "$folder"
  return "$status"
}

has_zlib() { printf '#include <zlib.h>\nint main(void) { return zlibVersion() == 0; }\n' | compiles c -lz; }
# finds LIBRARY OPTION: whether the C program on standard input builds with a library, by its pkg-config file or OPTION.
finds() {
  # shellcheck disable=SC2046 # several options
  compiles c $(pkg-config --cflags --libs "$1" 2>/dev/null || echo "$2")
}
has_libzip() { printf '#include <zip.h>\nint main(void) { return zip_libzip_version() == 0; }\n' | finds libzip -lzip; }
has_libjpeg() {
  printf '#include <stdio.h>\n#include <jpeglib.h>\nint main(void) { return jpeg_std_error(0) != 0; }\n' |
    finds libjpeg -ljpeg
}
has_libpng() {
  printf '#include <png.h>\nint main(void) { return png_access_version_number() == 0; }\n' | finds libpng -lpng
}
has_libwebp() {
  printf '#include <webp/demux.h>\nint main(void) { return WebPGetDemuxVersion() == 0; }\n' |
    finds libwebpdemux '-lwebpdemux -lwebp'
}
has_giflib() {
  printf '#include <gif_lib.h>\nint main(void) { return GifErrorString(D_GIF_ERR_OPEN_FAILED) == 0; }\n' |
    finds libgif -lgif
}
has_libtiff() { printf '#include <tiffio.h>\nint main(void) { return TIFFGetVersion() == 0; }\n' | finds libtiff-4 -ltiff; }
has_libcrypto() { printf '#include <openssl/evp.h>\nint main(void) { return EVP_md5() == 0; }\n' | compiles c -lcrypto; }
has_mpi() {
  has mpirun &&
    printf '#include <mpi.h>\nint main(void) { return MPI_Finalize(); }\n' | finds "${DENSENET_MPI:-mpi-c}" -lmpi
}
has_cxx() { printf '#include <memory>\nint main() { return *std::make_unique<int>(0); }\n' | compiles c++ -lstdc++; }
has_arm64() {
  printf '#include <math.h>\nint main(void) { return isnan(sin(0)); }\n' |
    compiles c --target=aarch64-linux-gnu -static -fuse-ld=lld -lm
}
# The newest of the compiler's runtime for arm64, whose package has a version in its name.
arm64_runtime() { apt-cache pkgnames libgcc- | grep -Ex 'libgcc-[0-9]+-dev-arm64-cross' | sort -V | tail -n 1; }
has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q "$1"; }

has swift || fail 'no swift here; install Swift 6.2 or later from https://www.swift.org/install and run again'

elsewhere=no # whether arm64 is wanted, and is not this machine
if [ "${1:-}" = arm64 ]; then
  case $(uname -m) in aarch64 | arm64) ;; *) elsewhere=yes ;; esac
fi

case $(uname -s) in
  Darwin)
    [ "${1:-}" != dist ] || fail 'a release is packed on Debian; run this there'
    [ "$elsewhere" = no ] || fail 'arm64 is emulated on Linux alone; run this there, or on a machine of arm64'
    if [ "${1:-}" = mpi ] && ! has_mpi; then
      fail 'no MPI here; run "brew install open-mpi pkgconf" and run again, with DENSENET_MPI=ompi-c in the environment'
    fi
    if has_zlib && has_libzip && has_libjpeg && has_libpng && has_libwebp && has_giflib && has_libtiff; then exit 0; fi
    has "$compiler" || fail 'no C compiler here; run "xcode-select --install", then run again'
    libraries='zlib libzip jpeg-turbo libpng webp giflib libtiff'
    has brew || fail "one of $libraries is missing; install Homebrew from https://brew.sh, or all by other means, and run again"
    echo "setup: brew install $libraries pkgconf" >&2
    # shellcheck disable=SC2086 # one argument for each
    brew install $libraries pkgconf
    ;;
  Linux)
    missing=
    has git || missing="$missing git"
    has_cxx || missing="$missing g++"
    has_zlib || missing="$missing zlib1g-dev"
    has_libzip || missing="$missing libzip-dev"
    has_libjpeg || missing="$missing libjpeg-dev"
    has_libpng || missing="$missing libpng-dev"
    has_libwebp || missing="$missing libwebp-dev"
    has_giflib || missing="$missing libgif-dev"
    has_libtiff || missing="$missing libtiff-dev"
    has_libcrypto || missing="$missing libssl-dev"
    has_library libcurl.so.4 || missing="$missing libcurl4-openssl-dev"
    has_library libxml2.so || missing="$missing libxml2-dev"
    if [ "${1:-}" = mpi ]; then has_mpi || missing="$missing openmpi-bin libopenmpi-dev"; fi
    if [ "${1:-}" = checks ] || [ "${1:-}" = dist ]; then has python3 || missing="$missing python3"; fi
    if [ "${1:-}" = docs ]; then
      has python3 || missing="$missing python3"
      python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    fi
    if [ "${1:-}" = dist ]; then
      has strip || missing="$missing binutils"
      has dpkg-shlibdeps || missing="$missing dpkg-dev"
      # What a dynamic Foundation links by itself, a static one leaves to the program.
      [ -e "$("$compiler" -print-file-name=libcurl.so)" ] || missing="$missing libcurl4-openssl-dev"
      # The licence of what Swift's Foundation has of ICU.
      [ -e /usr/share/doc/libicu-dev/copyright ] || missing="$missing libicu-dev"
    fi
    if [ "$elsewhere" = yes ]; then
      has clang || fail 'no clang here, which builds for arm64; install it, or use that of Swift, and run again'
      has qemu-aarch64 || missing="$missing qemu-user"
      has_arm64 || missing="$missing libc6-dev-arm64-cross"
    fi
    if [ -z "$missing" ]; then exit 0; fi
    has apt-get || fail "missing, by Debian's names:$missing; install them with this system's package manager and run again"
    root=
    if [ "$(id -u)" -ne 0 ]; then
      has sudo || fail "not root, and no sudo; as root, run: apt-get install$missing"
      root=sudo
    fi
    echo "setup: installing$missing with ${root:+sudo }apt-get" >&2
    # shellcheck disable=SC2086 # one argument for each package, and none for an empty $root
    {
      $root apt-get update -qq &&
        case $missing in *-arm64-cross) missing="$missing $(arm64_runtime)" ;; esac &&
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
    } >&2 || fail "apt-get could not install$missing; its message is above"
    ;;
  *) fail "$(uname -s) is not a system that this knows; install the headers of zlib, libzip, libjpeg, libpng, libwebp, giflib and libtiff and run again" ;;
esac
