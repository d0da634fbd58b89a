// CLEAT_BRINGS puts the schema of a role's interface into the plugin's file, so that the host knows the role: it routes
// calls of the interface to whoever fills the role, checks what they carry and names the methods. It reads the schema
// without running any of the plugin's code.
//
//   #include <cleat/schema/acme/price_list.interface.h>   // generated beside the methods
//   #include <cleat/sdk/interface.h>
//
//   CLEAT_PLUGIN(Prices, .name = "prices-acme", .roles = "price-list", …);
//   CLEAT_BRINGS(acme::priceList);
//
// The role's name in manifests and in `[roles]` of the configuration is the interface's in small words: PriceList is
// "price-list". Whoever fills the role has to bring the interface; whoever calls it may. Needed for none of the roles
// that the host itself calls (kinds, authenticator, authorizer, admission).
#pragma once

#include <cstddef>
#include <cstdint>

// The section of the file, and what stands before each schema in it.
#define CLEAT_INTERFACE_SECTION ".cleat.roles"

namespace cleat::detail {

inline constexpr uint64_t kInterfaceMagic = 0x31454c4f52544c43;  // "CLTROLE1"

template <size_t Words>
struct InterfaceInFile {
  uint64_t magic = kInterfaceMagic;
  uint64_t words = Words;
  uint64_t schema[Words];
};

template <size_t Words>
consteval InterfaceInFile<Words> interfaceInFile(const uint64_t (&schema)[Words]) {
  InterfaceInFile<Words> made{.schema = {}};
  for (size_t i = 0; i < Words; ++i) made.schema[i] = schema[i];
  return made;
}

}  // namespace cleat::detail

#define CLEAT_BRINGS_JOINED(a, b) a##b
#define CLEAT_BRINGS_AS(SPACE, NUMBER)                                                                                 \
  namespace {                                                                                                          \
  [[gnu::section(CLEAT_INTERFACE_SECTION), gnu::used,                                                                  \
    gnu::retain]] constinit const auto CLEAT_BRINGS_JOINED(cleatInterface,                                             \
                                                           NUMBER) = ::cleat::detail::interfaceInFile(SPACE::kSchema); \
  }                                                                                                                    \
  static_assert(true, "a semicolon follows CLEAT_BRINGS(…)")
#define CLEAT_BRINGS(SPACE) CLEAT_BRINGS_AS(SPACE, __COUNTER__)
