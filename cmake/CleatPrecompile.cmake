# Precompiled headers: the parse of the SDK, the generated schemas and GoogleTest is most of what a small source costs.
#
# cleat_add_precompiled(SET LINK …) compiles cmake/pch/SET.h once; cleat_use_precompiled(TARGET SET) makes the sources of
# a target begin with it. A source includes what it uses all the same: the presets without precompiled headers (and every
# build out of the tree) compile it without.

set(precompile ON)
if(CLEAT_SANITIZE)
  set(precompile OFF)
endif()
option(CLEAT_PRECOMPILE "Precompile the headers that most sources include" ${precompile})

function(cleat_add_precompiled SET)
  cmake_parse_arguments(ARG "" "" "LINK;OPTIONS" ${ARGN})
  if(NOT CLEAT_PRECOMPILE)
    return()
  endif()
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/precompiled_${SET}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(cleat_precompiled_${SET} OBJECT ${empty})
  target_link_libraries(cleat_precompiled_${SET} PRIVATE ${ARG_LINK})
  target_compile_options(cleat_precompiled_${SET} PRIVATE ${ARG_OPTIONS})
  target_precompile_headers(cleat_precompiled_${SET} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch/${SET}.h)
endfunction()

function(cleat_use_precompiled TARGET SET)
  if(TARGET cleat_precompiled_${SET})
    target_precompile_headers(${TARGET} REUSE_FROM cleat_precompiled_${SET})
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      # g++ 12 finds faults in the standard library's strings that are none. It keeps them to itself in a system header, but
      # not when that comes precompiled. Builds without precompiled headers keep these warnings for our own code.
      target_compile_options(${TARGET} PRIVATE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
  endif()
endfunction()
