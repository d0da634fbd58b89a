# A plugin in this tree and one built elsewhere with find_package(Cleat) are made by the same two functions:
#
#   cleat_add_plugin(NAME [SOURCES …] [LINK …])    NAME.so, out of the sources and the SDK alone
#   cleat_add_parts(NAME [SOURCES …] [LINK …])     a library of what plugins share, or of what tests reach into
#
# Without SOURCES it is every .cpp and .c of the folder, but for *_test.cpp. Of a plugin that is plain C throughout nothing of the SDK
# but its headers is used: it is linked without C++. A folder's headers are included as "FOLDER/file.h", and by
# whoever links its parts as "file.h" too. The tests of a plugin elsewhere are its *_test.cpp, and are built where GoogleTest is.

function(cleat_plugin_sources OUTPUT)
  set(sources ${ARGN})
  if(NOT sources)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  endif()
  set(${OUTPUT} ${sources} PARENT_SCOPE)
endfunction()

# What every library that ends up in a plugin is compiled with.
function(cleat_compile_for_plugin NAME)
  set_target_properties(${NAME} PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${NAME} PRIVATE -ffunction-sections -fdata-sections)
  if(COMMAND cleat_use_precompiled)
    cleat_use_precompiled(${NAME} plugins)
  endif()
  if(COMMAND cleat_compile_together)
    cleat_compile_together(${NAME} 16)
  endif()
endfunction()

function(cleat_add_parts NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  cleat_plugin_sources(sources ${ARG_SOURCES})
  add_library(${NAME} STATIC ${sources})
  set_target_properties(${NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${NAME} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}> $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/..>)
  target_link_libraries(${NAME} PUBLIC Cleat::sdk ${ARG_LINK})
  cleat_compile_for_plugin(${NAME})
endfunction()

function(cleat_add_plugin NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  cleat_plugin_sources(sources ${ARG_SOURCES})
  add_library(${NAME} MODULE ${sources})
  set_target_properties(${NAME} PROPERTIES PREFIX "")
  # Hidden visibility is not enough: inline functions of the standard library are exported in spite of it.
  set(exports ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.exports)
  file(CONFIGURE OUTPUT ${exports} CONTENT "{ global: cleat_plugin_v1; local: *; };\n")
  target_link_options(${NAME} PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,--version-script=${exports})
  # With clang a sanitizer's functions are in the program that loads the plugin, with g++ in a library.
  if(NOT (CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CLEAT_SANITIZE))
    target_link_options(${NAME} PRIVATE -Wl,--no-undefined)
  endif()
  set(others ${sources})
  list(FILTER others EXCLUDE REGEX "\\.c$")
  if(others)
    target_link_libraries(${NAME} PRIVATE Cleat::sdk ${ARG_LINK})
  else()
    target_include_directories(${NAME} PRIVATE $<TARGET_PROPERTY:Cleat::sdk,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${NAME} PRIVATE ${ARG_LINK})
    set_target_properties(${NAME} PROPERTIES CLEAT_PLAIN_C ON)
  endif()
  cleat_compile_for_plugin(${NAME})
  if(CLEAT_SHARED_SDK)
    set_target_properties(${NAME} PROPERTIES CLEAT_SHARED_SDK ON BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN/..")
  endif()
  if(PROJECT_NAME STREQUAL "Cleat")
    set_target_properties(${NAME} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    install(TARGETS ${NAME} LIBRARY DESTINATION lib/cleat/plugins)
    set_property(GLOBAL APPEND PROPERTY CLEAT_PLUGINS ${NAME})
    return()
  endif()
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  find_package(GTest QUIET)
  if(tests AND GTest_FOUND)
    add_executable(${NAME}-test ${tests} $<TARGET_OBJECTS:${NAME}>)
    set_target_properties(${NAME}-test PROPERTIES CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON)
    # What is made for the plugin, such as the C++ of a schema, is there for its tests.
    target_include_directories(${NAME}-test PRIVATE $<TARGET_PROPERTY:${NAME},INCLUDE_DIRECTORIES>)
    add_dependencies(${NAME}-test ${NAME})
    target_link_libraries(${NAME}-test PRIVATE Cleat::sdk ${ARG_LINK} GTest::gmock GTest::gtest GTest::gtest_main)
    add_test(NAME ${NAME} COMMAND ${NAME}-test)
  endif()
endfunction()

# A tool that comes with the SDK, in this tree and installed.
function(cleat_schema_tool RESULT NAME)
  set(${RESULT} $<TARGET_FILE:${NAME}> PARENT_SCOPE)
  if(TARGET Cleat::${NAME})
    set(${RESULT} $<TARGET_FILE:Cleat::${NAME}> PARENT_SCOPE)
  endif()
endfunction()

# cleat_add_roles(TARGET FOLDER FILE.capnp …)
#
# Makes of interfaces of your own, which any plugin may fill or call, what the SDK has of Cleat's: for FOLDER/acme/price_list.capnp,
# named as acme/price_list.capnp, <cleat/schema/acme/price_list.methods.h>, `.role.h` and `.interface.h`. TARGET is the name
# of a library that plugins link: cleat_add_plugin(prices LINK TARGET). Plugins in plain C link TARGET-c, which is headers alone:
# <cleat/c/acme/price_list.h>.
function(cleat_add_roles TARGET FOLDER)
  get_filename_component(folder ${FOLDER} ABSOLUTE)
  get_property(schemaDir TARGET Cleat::sdk PROPERTY CLEAT_SCHEMA_DIR)
  cleat_schema_tool(tool capnpc-cleat-methods)
  cleat_schema_tool(layoutTool capnpc-cleat-c)
  set(into ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}.gen)
  file(MAKE_DIRECTORY ${into}/cleat/schema ${into}/cleat/c)
  set(made)
  set(layouts)
  foreach(file ${ARGN})
    string(REGEX REPLACE "\\.capnp$" "" base ${into}/cleat/schema/${file})
    set(outputs ${base}.capnp.c++ ${base}.capnp.h ${base}.methods.h ${base}.role.h ${base}.role.c++ ${base}.interface.h)
    add_custom_command(OUTPUT ${outputs}
      COMMAND capnp compile -I${schemaDir} --src-prefix=${folder} -oc++:${into}/cleat/schema
        -o${tool}:${into}/cleat/schema ${folder}/${file}
      DEPENDS ${folder}/${file} COMMENT "Naming the methods of ${file}")
    list(APPEND made ${outputs})
    string(REGEX REPLACE "\\.capnp$" ".h" layout ${into}/cleat/c/${file})
    add_custom_command(OUTPUT ${layout}
      COMMAND capnp compile -I${schemaDir} --src-prefix=${folder} -o${layoutTool}:${into}/cleat/c ${folder}/${file}
      DEPENDS ${folder}/${file} COMMENT "Laying out ${file} for C")
    list(APPEND layouts ${layout})
  endforeach()
  add_custom_target(${TARGET}-layouts DEPENDS ${layouts})
  add_library(${TARGET}-c INTERFACE)
  target_include_directories(${TARGET}-c INTERFACE ${into})
  add_dependencies(${TARGET}-c ${TARGET}-layouts)
  add_library(${TARGET} STATIC ${made})
  set_target_properties(${TARGET} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${TARGET} PUBLIC ${into} PRIVATE ${into}/cleat/schema)
  target_link_libraries(${TARGET} PUBLIC Cleat::sdk)
  target_compile_options(${TARGET} PRIVATE -w -ffunction-sections -fdata-sections)
  set_target_properties(${TARGET} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
endfunction()

# cleat_embed_schema(TARGET FILE.capnp …)
#
# Puts the compiled schema (a CodeGeneratorRequest with its comments) of the files into TARGET as the
# symbols `cleat_schema_begin` and `cleat_schema_end`, for the role `kinds`. A file of one's own, by its whole path, may import
# "/cleat.capnp" and "/kinds/meta_v1.capnp"; it is compiled to C++ too, as FILE.capnp.h, and for a plugin in plain C to FILE.h (of
# which its tests have the C++).
function(cleat_embed_schema TARGET)
  get_property(schemaDir TARGET Cleat::sdk PROPERTY CLEAT_SCHEMA_DIR)
  set(files)
  foreach(file ${ARGN})
    if(IS_ABSOLUTE ${file})
      cleat_compile_schema(${TARGET} ${file})
    else()
      set(file ${schemaDir}/${file})
    endif()
    list(APPEND files ${file})
  endforeach()
  file(GLOB imports CONFIGURE_DEPENDS ${schemaDir}/kinds/*.capnp)
  set(binary ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}.schema)
  add_custom_command(OUTPUT ${binary}
    COMMAND sh -c "capnp compile -o- \"$@\" > '${binary}'" -- -I${schemaDir} --src-prefix=${schemaDir} ${files}
    DEPENDS ${files} ${imports} VERBATIM)
  cleat_embed_file(${TARGET} ${binary} cleat_schema)
endfunction()

function(cleat_compile_schema TARGET FILE)
  get_property(schemaDir TARGET Cleat::sdk PROPERTY CLEAT_SCHEMA_DIR)
  get_filename_component(folder ${FILE} DIRECTORY)
  get_filename_component(name ${FILE} NAME)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${name})
  add_custom_command(OUTPUT ${made}.c++ ${made}.h
    COMMAND capnp compile -I${schemaDir} --src-prefix=${folder} -oc++:${CMAKE_CURRENT_BINARY_DIR} ${FILE}
    DEPENDS ${FILE} VERBATIM)
  set_source_files_properties(${made}.c++ PROPERTIES COMPILE_OPTIONS -w SKIP_UNITY_BUILD_INCLUSION ON)
  get_property(headers TARGET Cleat::sdk PROPERTY CLEAT_SCHEMA_HEADERS)
  target_include_directories(${TARGET} PUBLIC ${CMAKE_CURRENT_BINARY_DIR} ${headers})
  get_property(plainC TARGET ${TARGET} PROPERTY CLEAT_PLAIN_C)
  if(NOT plainC)
    target_sources(${TARGET} PRIVATE ${made}.c++ ${made}.h)
    return()
  endif()
  cleat_schema_tool(layoutTool capnpc-cleat-c)
  string(REGEX REPLACE "\\.capnp$" ".h" layout ${made})
  add_custom_command(OUTPUT ${layout}
    COMMAND capnp compile -I${schemaDir} --src-prefix=${folder} -o${layoutTool}:${CMAKE_CURRENT_BINARY_DIR} ${FILE}
    DEPENDS ${FILE} VERBATIM)
  target_sources(${TARGET} PRIVATE ${layout})
  if(TARGET ${TARGET}-test)
    target_sources(${TARGET}-test PRIVATE ${made}.c++ ${made}.h)
  endif()
endfunction()

# cleat_embed_file(TARGET FILE SYMBOL)
#
# Puts the file as it is into TARGET, between the symbols `SYMBOL_begin` and `SYMBOL_end`; a zero byte follows.
function(cleat_embed_file TARGET FILE SYMBOL)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}_${SYMBOL}.S)
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
