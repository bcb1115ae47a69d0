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

# At -O3 libaom is half as large again: 7.0 MB and not 4.7. Of that level it gets the vectoriser, where the compiler is GCC:
# an encode takes 7 % more, and 17 % without. Nothing unwinds through it.
if(CMAKE_SOURCE_DIR MATCHES "libaom")
  set(flags "-O2 -DNDEBUG -fno-asynchronous-unwind-tables")
  set(vectoriser "-fvect-cost-model=dynamic")
  execute_process(
    COMMAND "${CMAKE_C_COMPILER}" ${vectoriser} -fsyntax-only -x c /dev/null
    RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
  if(refused EQUAL 0)
    set(flags "${flags} ${vectoriser}")
  endif()
  set(CMAKE_C_FLAGS_RELEASE "${flags}" CACHE STRING "${said}")
  set(CMAKE_CXX_FLAGS_RELEASE "${flags}" CACHE STRING "${said}")
endif()
