# find_package(Cleat): the targets Cleat::sdk, Cleat::schema, Cleat::kinds and Cleat::http-client, and cleat_add_plugin().
include(CMakeFindDependencyMacro)
enable_language(ASM)
# Here, not in cleat_add_plugin: a function's scope would keep it to itself.
enable_testing()
find_dependency(CapnProto)
# For Cleat::http-client alone.
find_package(OpenSSL QUIET)
find_package(Threads QUIET)
include(${CMAKE_CURRENT_LIST_DIR}/CleatTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/CleatPlugin.cmake)
get_filename_component(_cleatPrefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set_target_properties(Cleat::sdk PROPERTIES CLEAT_SCHEMA_DIR ${_cleatPrefix}/share/cleat/schema
  CLEAT_SCHEMA_HEADERS ${_cleatPrefix}/include/cleat/schema)
