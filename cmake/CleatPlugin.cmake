# cleat_add_plugin(NAME SOURCES … [LINK …] [INCLUDE …])
#
# Builds NAME.so out of the sources and the SDK alone. The same function serves the plugins in this tree and
# those built elsewhere with find_package(Cleat).
function(cleat_add_plugin NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;INCLUDE" ${ARGN})
  add_library(${NAME} MODULE ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES
    PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  if(PROJECT_NAME STREQUAL "Cleat")
    set_target_properties(${NAME} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    install(TARGETS ${NAME} LIBRARY DESTINATION lib/cleat/plugins)
    set_property(GLOBAL APPEND PROPERTY CLEAT_PLUGINS ${NAME})
  endif()
  target_compile_options(${NAME} PRIVATE -ffunction-sections -fdata-sections)
  # Hidden visibility is not enough: inline functions of the standard library are exported in spite of it.
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: cleat_plugin_v1; local: *; };\n")
  target_link_options(${NAME} PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,--version-script=${exports})
  # With clang a sanitizer's functions are in the program that loads the plugin, with g++ in a library.
  if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CLEAT_SANITIZE))
    target_link_options(${NAME} PRIVATE -Wl,--no-undefined)
  endif()
  target_include_directories(${NAME} PRIVATE ${ARG_INCLUDE})
  target_link_libraries(${NAME} PRIVATE Cleat::sdk ${ARG_LINK})
  if(COMMAND cleat_use_precompiled)
    cleat_use_precompiled(${NAME} plugins)
  endif()
endfunction()

# cleat_embed_schema(TARGET FILE.capnp …)
#
# Puts the compiled schema (a CodeGeneratorRequest with its comments) of the files into TARGET as the
# symbols `cleat_schema_begin` and `cleat_schema_end`, for the role `kinds`.
function(cleat_embed_schema TARGET)
  get_property(schemaDir TARGET Cleat::sdk PROPERTY CLEAT_SCHEMA_DIR)
  set(files)
  foreach(file ${ARGN})
    if(NOT IS_ABSOLUTE ${file})
      set(file ${schemaDir}/${file})
    endif()
    list(APPEND files ${file})
  endforeach()
  file(GLOB imports CONFIGURE_DEPENDS ${schemaDir}/kinds/*.capnp)
  set(binary ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}.schema)
  add_custom_command(OUTPUT ${binary}
    COMMAND sh -c "capnp compile -o- \"$@\" > '${binary}'" -- --src-prefix=${schemaDir} ${files}
    DEPENDS ${files} ${imports} VERBATIM)
  cleat_embed_file(${TARGET} ${binary} cleat_schema)
endfunction()

# cleat_embed_file(TARGET FILE SYMBOL)
#
# Puts the file as it is into TARGET, between the symbols `SYMBOL_begin` and `SYMBOL_end`; a zero byte follows.
function(cleat_embed_file TARGET FILE SYMBOL)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${SYMBOL}.S)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [=[
    .section .rodata
    .balign 8
    .globl @SYMBOL@_begin
    .hidden @SYMBOL@_begin
@SYMBOL@_begin:
    .incbin "@FILE@"
    .globl @SYMBOL@_end
    .hidden @SYMBOL@_end
@SYMBOL@_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
]=])
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${FILE})
  target_sources(${TARGET} PRIVATE ${source})
endfunction()
