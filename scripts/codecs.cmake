# How the C codecs that cmake builds are built; .cargo/config.toml names this file as cmake's toolchain.
# Without optimisation a test's encode takes as long as a hundred.
set(CMAKE_C_FLAGS_DEBUG_INIT "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG_INIT "-O2 -DNDEBUG")

# libaom takes what looks as if it came from the command line, which this text says. What films and its tools need
# isn't used here.
set(said "No help, variable specified on the command line.")
foreach(part CONFIG_DENOISE CONFIG_LIBYUV CONFIG_WEBM_IO)
  set(${part} 0 CACHE STRING "${said}")
endforeach()

# At -O3 libaom is half as large again, and no quicker where it matters: in assembly and intrinsics. Nothing unwinds
# through it.
if(CMAKE_SOURCE_DIR MATCHES "libaom")
  set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG -fno-asynchronous-unwind-tables" CACHE STRING "${said}")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -fno-asynchronous-unwind-tables" CACHE STRING "${said}")
endif()
