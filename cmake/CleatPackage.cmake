# Two Debian packages, out of what is installed: `cpack` in the build folder makes them.
#
#   cleat      the program, its plugins, the commented configuration, the pages of docs/
#   cleat-sdk  what a vendor's plugin is built from: headers, schemas, libraries, templates, examples, pages, find_package(Cleat)
#
# What is installed in sdk/ and by what plugins share is the SDK's (CMAKE_INSTALL_DEFAULT_COMPONENT_NAME there); all else is the
# program's.

# The pages lie as they do in the tree, so that what they say of one another is found: README.md, docs/, plugins/NAME/README.md.
set(pages share/doc/cleat)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${pages})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${pages} FILES_MATCHING PATTERN "*.md")
install(FILES ${PROJECT_SOURCE_DIR}/etc/cleat.toml DESTINATION ${pages}/etc)
file(GLOB readmes RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugins/*/README.md)
foreach(readme ${readmes})
  get_filename_component(folder ${readme} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${readme} DESTINATION ${pages}/${folder})
endforeach()
# As an example, where nothing reads it: the program has it built in, and `--config` names the operator's own.
install(FILES ${PROJECT_SOURCE_DIR}/etc/cleat.toml DESTINATION share/cleat)
# The SDK has its own pages, and the commented configuration, since it is installed without the program too.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/plugins-contrib DESTINATION share/cleat COMPONENT sdk)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/sdk DESTINATION share/doc/cleat-sdk COMPONENT sdk)
foreach(page writing-a-plugin operating-plugins admission isolation storage attach clients)
  install(FILES ${PROJECT_SOURCE_DIR}/docs/${page}.md DESTINATION share/doc/cleat-sdk COMPONENT sdk)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/etc/cleat.toml DESTINATION share/doc/cleat-sdk COMPONENT sdk)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Cleat <cleat@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL cleat sdk)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_CLEAT_PACKAGE_NAME cleat)
set(CPACK_DEBIAN_CLEAT_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_CLEAT_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR})
set(CPACK_COMPONENT_CLEAT_DESCRIPTION "A container orchestrator that speaks the Kubernetes API
 One program is server and node; everything but its core is a plugin.")
# A server needs none of them; a node does.
set(CPACK_DEBIAN_CLEAT_PACKAGE_RECOMMENDS
  "runc, conmon, containernetworking-plugins, iptables, nftables, conntrack, skopeo, iproute2, ca-certificates")
set(CPACK_DEBIAN_SDK_PACKAGE_NAME cleat-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SDK_PACKAGE_DEPENDS "g++ (>= 4:12), cmake (>= 3.25), capnproto, libcapnp-dev")
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "libgtest-dev, libgmock-dev, libre2-dev, libssl-dev, ninja-build")
set(CPACK_COMPONENT_SDK_DESCRIPTION "What plugins for Cleat are built from
 Headers, schemas, libraries and templates; find_package(Cleat) finds them.")
include(CPack)
