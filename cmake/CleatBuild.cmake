# Compiler, warnings, sanitizers and the libraries that every part may use.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Assertions stay on in release, so no -DNDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -fno-semantic-interposition)

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ collects its garbage all the time by default: a tenth of a source's time. One takes half a GiB at most without.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-expand=200> $<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-heapsize=400000>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/clang_capnp.h>")
  # libstdc++ 12 uses in std::stable_sort what it calls deprecated itself; g++ says nothing of system headers.
  add_compile_options(-Wno-deprecated-declarations)
  # What a mutex guards is touched with the mutex held; the annotations are in cleat/sdk/mutex.h.
  add_compile_options(-Wthread-safety)
  # ccache knows a precompiled header by what is in it.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

# Release: clang takes into a caller what costs less than so much, 225 by default, with which the same code is half as large again,
# takes a third more time to compile and is no faster. CLEAT_OPTIMIZE_LITTLE is for what no request waits for: compiled in less
# time, and less to keep in memory. Coroutines need the tail calls, which clang makes in any case.
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  add_compile_options("$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:SHELL:-mllvm -inline-threshold=100>")
  set(CLEAT_OPTIMIZE_LITTLE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Release>:SHELL:-mllvm\ -inline-threshold=20>)
else()
  set(CLEAT_OPTIMIZE_LITTLE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Release>:-foptimize-sibling-calls>)
endif()

set(CLEAT_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
if(CLEAT_SANITIZE)
  # A finding ends the process, so that no test passes in spite of one.
  add_compile_options(-fsanitize=${CLEAT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    -D_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=${CLEAT_SANITIZE})
  if(CLEAT_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan)  # Asio's fences, which g++ says the sanitizer does not see
  endif()
endif()

# The targets of tests/fuzz, with clang. Everything else is built so that a fuzzer sees which of it an input reaches.
option(CLEAT_FUZZ "Build the fuzz targets with libFuzzer" OFF)
if(CLEAT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

set(environment)
# A compiler spends an eighth of its time in the C library's malloc.
find_library(CLEAT_COMPILERS_MALLOC mimalloc)
if(CLEAT_COMPILERS_MALLOC)
  list(APPEND environment LD_PRELOAD=${CLEAT_COMPILERS_MALLOC})
endif()
set(launcher)
find_program(CLEAT_CCACHE ccache)
if(CLEAT_CCACHE)
  # Paths below the tree count as relative, so that one clone's objects serve another's.
  list(APPEND environment CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1)
  set(launcher ${CMAKE_CURRENT_LIST_DIR}/compile.sh ${CLEAT_CCACHE})
endif()
if(environment)
  list(PREPEND launcher ${CMAKE_COMMAND} -E env ${environment})
endif()
set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
find_program(CLEAT_MOLD mold)
if(CLEAT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)

# What a plugin has found, its tests link as well.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
find_package(CapnProto REQUIRED)
find_package(Threads REQUIRED)

# Compiles the sources of a target a few at a time: what they share in templates and coroutines is then made once, which takes
# less than half the time. Their unnamed namespaces become one, so no two of a target may define the same name.
# cleat_compile_together(TARGET [BATCH]): so many at a time; 0, and nothing said: all.
function(cleat_compile_together TARGET)
  set(batch 0)
  if(ARGC GREATER 1)
    set(batch ${ARGV1})
  endif()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Said of a coroutine's frame whose fields are lambdas, wherever it is not the file's own; and, wrongly, of a std::expected
    # that is moved along several functions which g++ 12 makes one.
    target_compile_options(${TARGET} PRIVATE -Wno-subobject-linkage -Wno-maybe-uninitialized)
  endif()
endfunction()

# The same by folder: what is in one is compiled together, and not with another's.
function(cleat_compile_rooms_together TARGET)
  cleat_compile_together(${TARGET})
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${TARGET} SOURCES)
  foreach(source ${sources})
    get_filename_component(room ${source} DIRECTORY)
    get_filename_component(room ${room} NAME)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${room})
  endforeach()
endfunction()

# A library of one folder of core/: every .cpp in it and in its rooms, included as "core/<folder>/[<room>/]<file>.h". It is
# compiled as one source (UNITY) or as one a room (ROOMS).
function(cleat_core_library NAME)
  cmake_parse_arguments(ARG "UNITY;ROOMS" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/main/")  # a program's, not the library's
  add_library(cleat_${NAME} STATIC ${sources})
  target_include_directories(cleat_${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(cleat_${NAME} PUBLIC ${ARG_LINK})
  cleat_use_precompiled(cleat_${NAME} core)
  if(ARG_UNITY)
    cleat_compile_together(cleat_${NAME})
  endif()
  if(ARG_ROOMS)
    cleat_compile_rooms_together(cleat_${NAME})
  endif()
endfunction()
