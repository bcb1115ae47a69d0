# The same as codecs.cmake, where another machine builds for aarch64: scripts/release.sh names this file then.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# libaom doesn't know the name that libaom-sys has for it, and would be built without NEON.
set(AOM_TARGET_CPU arm64)

include(${CMAKE_CURRENT_LIST_DIR}/codecs.cmake)
