# To compile for arm64 on another machine (the preset release-arm64): Debian's g++-aarch64-linux-gnu, the libraries that scripts/sysroot has
# unpacked into IRSA_SYSROOT, and qemu-user-static for what the build runs of its own.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IRSA_SYSROOT IRSA_QEMU)
set(CMAKE_SYSROOT ${IRSA_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${IRSA_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${IRSA_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${IRSA_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${IRSA_SYSROOT}/usr/share/pkgconfig)
# Debian 12's name for it, and 13's.
find_program(IRSA_QEMU NAMES qemu-aarch64-static qemu-aarch64 REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR ${IRSA_QEMU} -L ${IRSA_SYSROOT})
